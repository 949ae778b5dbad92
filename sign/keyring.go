package sign

import (
	"context"
	"crypto"
	"crypto/rsa"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"torg"
)

// Keyring finds the private keys of owners, of their sites' agents and of the
// operator, and makes those that are missing. The same name always gives the same key.
// It may be used by many goroutines at once.
type Keyring interface {
	Owner(torg.ParticipantID) (crypto.Signer, error)
	Agent(torg.SiteID) (crypto.Signer, error)
	Operator() (crypto.Signer, error)
}

// ownerName, agentName and operatorName are what keys are called, in files too.
func ownerName(id torg.ParticipantID) (string, error) {
	return "owner-" + string(id), torg.ValidID(string(id))
}

func agentName(id torg.SiteID) (string, error) {
	return "agent-" + string(id), torg.ValidID(string(id))
}

const operatorName = "operator"

// opened holds the keys that were asked for, by name. Each name has a lock of its own,
// because making a key takes long and must not hold up the others.
type opened struct {
	mu   sync.Mutex
	keys map[string]*openedKey
}

type openedKey struct {
	mu  sync.Mutex
	key *rsa.PrivateKey
}

// get returns the key of a name and opens it the first time. What failed is tried
// again when it is asked for again.
func (o *opened) get(name string, open func() (*rsa.PrivateKey, error)) (crypto.Signer, error) {
	o.mu.Lock()
	if o.keys == nil {
		o.keys = map[string]*openedKey{}
	}
	k := o.keys[name]
	if k == nil {
		k = &openedKey{}
		o.keys[name] = k
	}
	o.mu.Unlock()

	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		key, err := open()
		if err != nil {
			return nil, err
		}
		k.key = key
	}
	return k.key, nil
}

// Warm opens the keys of these owners and agents ahead of their first use, on as many
// goroutines as there are processors, because making one takes 0.1 s (2048 bits) to
// 0.5 s (3072 bits). After each key it calls progress, unless nil, from one goroutine
// at a time. It stops at the first error or when ctx ends, after the keys at hand.
func Warm(ctx context.Context, keys Keyring, owners []torg.ParticipantID, agents []torg.SiteID, progress func(done, total int)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	total := len(owners) + len(agents)
	open := func(i int) error {
		if i < len(owners) {
			_, err := keys.Owner(owners[i])
			return err
		}
		_, err := keys.Agent(agents[i-len(owners)])
		return err
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(runtime.GOMAXPROCS(0), total) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= total {
					return
				}
				if err := open(i); err != nil {
					stop(err)
					return
				}
				mu.Lock()
				done++
				if progress != nil {
					progress(done, total)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if done < total {
		return fmt.Errorf("keys: %d of %d ready: %w", done, total, context.Cause(ctx))
	}
	return nil
}
