package abci

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	cmtdb "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/types"
	cosmosdb "github.com/cosmos/cosmos-db"

	"torg/ledger"
)

// The databases in data. The application's is opened first: whoever holds it owns
// the directory.
const applicationDB = "application"

var consensusDBs = []string{"blockstore", "state", "evidence"}

// databases are those of one directory, held open by this process alone.
type databases struct {
	application cosmosdb.DB
	consensus   map[string]cmtdb.DB
}

// openDatabases opens, and where there are none makes, the databases in a folder.
func openDatabases(dir string) (*databases, error) {
	d := &databases{consensus: map[string]cmtdb.DB{}}
	err := guard(filepath.Join(dir, applicationDB+".db"), func() error {
		db, err := cosmosdb.NewGoLevelDB(applicationDB, dir, nil)
		if err == nil {
			d.application = db
		}
		return err
	})
	for _, name := range consensusDBs {
		if err != nil {
			break
		}
		err = guard(filepath.Join(dir, name+".db"), func() error {
			db, err := cmtdb.NewGoLevelDB(name, dir)
			if err == nil {
				d.consensus[name] = db
			}
			return err
		})
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// get is what CometBFT asks for its databases.
func (d *databases) get(ctx *config.DBContext) (cmtdb.DB, error) {
	db, ok := d.consensus[ctx.ID]
	if !ok {
		return nil, fmt.Errorf("database %q: not one of this chain's", ctx.ID)
	}
	return db, nil
}

// close closes what is open; CometBFT may have closed its own already.
func (d *databases) close() {
	for _, db := range d.consensus {
		db.Close()
	}
	if d.application != nil {
		d.application.Close()
	}
}

// errInUse says that another process holds the directory.
var errInUse = errors.New("in use by another process")

// guard runs f, which reads the file or folder at path, and says of its failures
// and panics where they come from, in one line.
func guard(path string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		switch {
		case err == nil:
		case errors.Is(err, syscall.EAGAIN):
			err = fmt.Errorf("%s: %w", path, errInUse)
		default:
			err = fmt.Errorf("%s: %w", path, oneLine(err))
		}
	}()
	return f()
}

// isNew says whether a directory has no genesis: it is written last, so a chain
// without one was never used.
func isNew(n *config.Config) (bool, error) {
	_, err := os.Stat(n.GenesisFile())
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// unused refuses a directory without a genesis that was used nevertheless.
func unused(n *config.Config, dbs *databases) error {
	height, err := newest(n, dbs)
	if err != nil {
		return err
	}
	var last privval.FilePVLastSignState
	if _, err := os.Stat(n.PrivValidatorStateFile()); err == nil {
		if err := readJSON(n.PrivValidatorStateFile(), &last); err != nil {
			return err
		}
	}
	if height > 0 || last.Height > 0 {
		return fmt.Errorf("%s: missing, but there is a chain in %s", n.GenesisFile(), n.DBDir())
	}
	return nil
}

// lay writes a new chain's files. The genesis is the last of them.
func lay(n *config.Config, g ledger.Genesis, born time.Time) error {
	if err := g.Valid(); err != nil {
		return err
	}
	for _, path := range []string{n.PrivValidatorKeyFile(), n.PrivValidatorStateFile(), n.GenesisFile()} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	if _, err := os.Stat(n.PrivValidatorKeyFile()); errors.Is(err, fs.ErrNotExist) {
		if err := guard(n.PrivValidatorKeyFile(), func() error {
			privval.GenFilePV(n.PrivValidatorKeyFile(), n.PrivValidatorStateFile()).Save()
			return nil
		}); err != nil {
			return err
		}
	}
	if _, err := p2p.LoadOrGenNodeKey(n.NodeKeyFile()); err != nil {
		return fmt.Errorf("%s: %w", n.NodeKeyFile(), err)
	}
	validator, err := readKey(n.PrivValidatorKeyFile())
	if err != nil {
		return err
	}
	state, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	params := types.DefaultConsensusParams()
	params.Block.MaxBytes = maxBlockBytes
	params.Version.App = protocol
	params.Evidence.MaxAgeDuration, params.Evidence.MaxAgeNumBlocks = evidenceAge, evidenceBlocks
	doc := types.GenesisDoc{
		GenesisTime: born, ChainID: g.ChainID, ConsensusParams: params, AppState: state,
		Validators: []types.GenesisValidator{{PubKey: validator.PubKey, Power: 1}},
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	return writeGenesis(n.GenesisFile(), &doc)
}

// writeGenesis writes a genesis document whole or not at all.
func writeGenesis(path string, doc *types.GenesisDoc) error {
	part := path + ".part"
	if err := doc.SaveAs(part); err != nil {
		return err
	}
	f, err := os.Open(part)
	if err != nil {
		return err
	}
	err = f.Sync()
	f.Close()
	if err != nil {
		return err
	}
	return os.Rename(part, path)
}
