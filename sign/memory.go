package sign

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"

	"torg"
)

// MemoryKeys are keys that no disk sees and that end with the process, for
// simulations and tests.
type MemoryKeys struct {
	opened         opened
	owners, agents *pool // nil: a key for each name
}

var _ Keyring = (*MemoryKeys)(nil)

// NewMemoryKeys returns a keyring in memory with the sizes of keys that Keys has.
func NewMemoryKeys() *MemoryKeys { return &MemoryKeys{} }

// NewPooledKeys returns a keyring in memory with at most n keys for all owners, n
// others for all agents and one for the operator, all of 2048 bits, so that a test
// with twenty sites makes a few keys and not forty. Names take keys in turn: the first
// n owners asked for have different keys, and then they share. It is for tests and
// simulations only; n is at least 1.
func NewPooledKeys(n int) *MemoryKeys {
	return &MemoryKeys{owners: newPool(n), agents: newPool(n)}
}

// Owner returns a participant's key.
func (k *MemoryKeys) Owner(id torg.ParticipantID) (crypto.Signer, error) {
	name, err := ownerName(id)
	if err != nil {
		return nil, fmt.Errorf("owner's key: %w", err)
	}
	return k.open(name, k.owners, OwnerBits)
}

// Agent returns the key of a site's agent.
func (k *MemoryKeys) Agent(site torg.SiteID) (crypto.Signer, error) {
	name, err := agentName(site)
	if err != nil {
		return nil, fmt.Errorf("agent's key: %w", err)
	}
	return k.open(name, k.agents, AgentBits)
}

// Operator returns the operator's key.
func (k *MemoryKeys) Operator() (crypto.Signer, error) {
	if k.owners != nil {
		return k.open(operatorName, nil, AgentBits)
	}
	return k.open(operatorName, nil, OwnerBits)
}

func (k *MemoryKeys) open(name string, p *pool, bits int) (crypto.Signer, error) {
	return k.opened.get(name, func() (*rsa.PrivateKey, error) {
		if p != nil {
			return p.next()
		}
		return rsa.GenerateKey(rand.Reader, bits)
	})
}

// pool hands out its keys in turn and makes each when its turn first comes.
type pool struct {
	mu    sync.Mutex
	turn  int
	makes []func() (*rsa.PrivateKey, error)
}

func newPool(n int) *pool {
	p := &pool{makes: make([]func() (*rsa.PrivateKey, error), n)}
	for i := range p.makes {
		p.makes[i] = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, AgentBits) })
	}
	return p
}

func (p *pool) next() (*rsa.PrivateKey, error) {
	p.mu.Lock()
	generate := p.makes[p.turn%len(p.makes)]
	p.turn++
	p.mu.Unlock()
	return generate()
}
