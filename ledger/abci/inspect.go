package abci

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cometbft/cometbft/config"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"

	"torg/ledger"
)

// CometBFT ends the process or panics over some files that it cannot read. So all
// of them are read here first, and what is wrong is said with the file's name.

// oneLine is an error's text up to its first line break.
func oneLine(err error) error {
	if line, _, more := strings.Cut(err.Error(), "\n"); more {
		return errors.New(line)
	}
	return err
}

// readJSON reads a file of CometBFT's into v.
func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return oneLine(err)
	}
	return guard(path, func() error { return cmtjson.Unmarshal(text, v) })
}

// readKey reads a validator's key, whose parts must belong together.
func readKey(path string) (privval.FilePVKey, error) {
	var key privval.FilePVKey
	if err := readJSON(path, &key); err != nil {
		return key, err
	}
	return key, guard(path, func() error {
		if !key.PrivKey.PubKey().Equals(key.PubKey) || !bytes.Equal(key.PubKey.Address(), key.Address) {
			return fmt.Errorf("the private key, the public key and the address do not belong together")
		}
		return nil
	})
}

// present refuses a directory in which a part of a chain is missing: what CometBFT
// misses it makes anew, and the chain would fork or a validator sign twice.
func present(n *config.Config) error {
	files := []string{n.PrivValidatorKeyFile(), n.NodeKeyFile(), n.PrivValidatorStateFile()}
	for _, name := range append([]string{applicationDB}, consensusDBs...) {
		files = append(files, filepath.Join(n.DBDir(), name+".db", "CURRENT"))
	}
	for _, path := range files {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s: missing", path)
		}
	}
	return nil
}

// readGenesis reads the genesis document and the ledger's part of it.
func readGenesis(n *config.Config) (*types.GenesisDoc, ledger.Genesis, error) {
	path := n.GenesisFile()
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, ledger.Genesis{}, oneLine(err)
	}
	var doc *types.GenesisDoc
	var g ledger.Genesis
	err = guard(path, func() (err error) {
		if doc, err = types.GenesisDocFromJSON(text); err != nil {
			return err
		}
		if g, err = parseGenesis(doc.AppState); err != nil {
			return err
		}
		if g.ChainID != doc.ChainID {
			return fmt.Errorf("chain id %q of the chain is not %q of its ledger", doc.ChainID, g.ChainID)
		}
		return g.Valid()
	})
	return doc, g, err
}

// sameGenesis refuses a chain that was born with another genesis than is asked for.
func sameGenesis(path string, have, want ledger.Genesis) error {
	if want.ChainID == "" {
		return nil // whatever is there
	}
	if have.ChainID != want.ChainID {
		return fmt.Errorf("%s: this is chain %q, not %q", path, have.ChainID, want.ChainID)
	}
	a, err := json.Marshal(have)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("%s: the chain was born with another genesis: %s", path, difference(a, b))
	}
	return nil
}

// difference names the first field of two genesis that is not the same.
func difference(a, b []byte) string {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return "not comparable"
	}
	first := ""
	for name := range y {
		if !bytes.Equal(x[name], y[name]) && (first == "" || name < first) {
			first = name
		}
	}
	return first + " differs"
}

// inspect reads an existing chain's files and the newest part of its databases.
func inspect(n *config.Config, doc *types.GenesisDoc, dbs *databases) error {
	key, err := readKey(n.PrivValidatorKeyFile())
	if err != nil {
		return err
	}
	if len(doc.Validators) == 1 && !doc.Validators[0].PubKey.Equals(key.PubKey) {
		return fmt.Errorf("%s: not the key of the validator in %s", n.PrivValidatorKeyFile(), n.GenesisFile())
	}
	var node p2p.NodeKey
	if err := readJSON(n.NodeKeyFile(), &node); err != nil {
		return err
	}
	if node.PrivKey == nil {
		return fmt.Errorf("%s: no key in it", n.NodeKeyFile())
	}
	if err := unchanged(n, doc, dbs); err != nil {
		return err
	}
	height, err := newest(n, dbs)
	if err != nil {
		return err
	}
	return inspectSigned(n.PrivValidatorStateFile(), key, height, len(doc.Validators) == 1)
}

// unchanged refuses a genesis document that is not the one the chain was born with.
func unchanged(n *config.Config, doc *types.GenesisDoc, dbs *databases) error {
	born, err := bornWith(n, dbs)
	if err != nil || born == nil {
		return err
	}
	file, err := cmtjson.Marshal(doc)
	if err != nil {
		return fmt.Errorf("%s: %w", n.GenesisFile(), err)
	}
	if !bytes.Equal(file, born) {
		return fmt.Errorf("%s: changed since the chain was born", n.GenesisFile())
	}
	return nil
}

// bornWith returns the genesis document that CometBFT keeps with its state; nil:
// the chain has not run yet.
func bornWith(n *config.Config, dbs *databases) (born []byte, err error) {
	err = guard(filepath.Join(n.DBDir(), "state.db"), func() (err error) {
		born, err = dbs.consensus["state"].Get([]byte("genesisDoc"))
		return err
	})
	return born, err
}

// newest returns the height of the newest block, after reading it, its votes, and
// the state that goes with it.
func newest(n *config.Config, dbs *databases) (height int64, err error) {
	err = guard(filepath.Join(n.DBDir(), "state.db"), func() error {
		states := sm.NewStore(dbs.consensus["state"], sm.StoreOptions{})
		state, err := states.Load()
		if err != nil || state.LastBlockHeight == 0 {
			return err
		}
		_, err = states.LoadFinalizeBlockResponse(state.LastBlockHeight)
		return err
	})
	if err != nil {
		return 0, err
	}
	err = guard(filepath.Join(n.DBDir(), "blockstore.db"), func() error {
		a := newHistory(dbs)
		if height = a.blocks.Height(); height == 0 {
			return nil
		}
		if _, err := a.block(height); err != nil {
			return err
		}
		if a.blocks.LoadSeenCommit(height) == nil {
			return fmt.Errorf("the votes for block %d are missing", height)
		}
		return nil
	})
	return height, err
}

// inspectSigned refuses a record of the last signature that is damaged or, where
// one validator signs every block, not of the same age as the chain: the validator
// could sign another block at a height that it has signed already.
func inspectSigned(path string, key privval.FilePVKey, height int64, alone bool) error {
	var last privval.FilePVLastSignState
	if err := readJSON(path, &last); err != nil {
		return err
	}
	return guard(path, func() error {
		if last.Signature != nil && !key.PubKey.VerifySignature(last.SignBytes, last.Signature) {
			return fmt.Errorf("damaged: the signature in it is not the validator's")
		}
		if alone && last.Height < height {
			return fmt.Errorf("of height %d beside a chain of height %d: a copy from another time", last.Height, height)
		}
		if alone && last.Height > height+1 {
			return fmt.Errorf("of height %d, but the blocks beside it end with %d: newer ones are lost", last.Height, height)
		}
		return nil
	})
}
