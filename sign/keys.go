package sign

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"os"
	"path/filepath"

	"torg"
)

// Keys are private keys in a directory, a file each, made when they are first needed:
// owner-ID.pem and operator.pem with 3072 bits, agent-SITE.pem with 2048, as PKCS#8 in
// PEM. Whoever brings a key of their own puts the file there first; what is there is
// never overwritten.
type Keys struct {
	dir    string
	opened opened
}

var _ Keyring = (*Keys)(nil)

// OpenKeys opens a directory of keys, and makes it, for this user only, where it is
// missing. It refuses a directory in which others may write, because they could put
// their keys in place of ours.
func OpenKeys(dir string) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("key directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("key directory: %w", err)
	}
	if perm := info.Mode().Perm(); perm&0o022 != 0 {
		return nil, fmt.Errorf("key directory %s: mode %#o lets others write; chmod 700 it", dir, perm)
	}
	return &Keys{dir: dir}, nil
}

// Owner returns a participant's own key, of 3072 bits.
func (k *Keys) Owner(id torg.ParticipantID) (crypto.Signer, error) {
	name, err := ownerName(id)
	if err != nil {
		return nil, fmt.Errorf("owner's key: %w", err)
	}
	return k.open(name, OwnerBits)
}

// Agent returns the key of a site's agent, of 2048 bits.
func (k *Keys) Agent(site torg.SiteID) (crypto.Signer, error) {
	name, err := agentName(site)
	if err != nil {
		return nil, fmt.Errorf("agent's key: %w", err)
	}
	return k.open(name, AgentBits)
}

// Operator returns the operator's key, of 3072 bits.
func (k *Keys) Operator() (crypto.Signer, error) { return k.open(operatorName, OwnerBits) }

func (k *Keys) open(name string, bits int) (crypto.Signer, error) {
	return k.opened.get(name, func() (*rsa.PrivateKey, error) {
		return openKeyFile(filepath.Join(k.dir, name+".pem"), bits)
	})
}
