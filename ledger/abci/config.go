package abci

import (
	"log/slog"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/config"
	cmttime "github.com/cometbft/cometbft/types/time"

	"torg/ledger"
)

// Config says where a chain lives and how it runs. Zero durations stand for the
// defaults.
type Config struct {
	// Dir is the chain's directory. One that does not exist or is empty is laid out.
	Dir string
	// Genesis is what a new chain is born with. An existing chain must have been
	// born with the same.
	Genesis ledger.Genesis
	// Archive is the folder in which every block that did something is kept in plain
	// files; it is made where it is not there. Empty: no archive is kept, and no block
	// ever pruned.
	Archive string
	// Keep is for how long blocks stay in the chain as well, by their own times; older
	// ones are in the archive alone. It is never shorter than ten slots nor than what
	// CometBFT takes evidence about: an hour and 100 blocks, in chains that were born
	// before there were archives two days and 100,000 blocks. 0: all stay.
	Keep time.Duration
	// Progress hears, while Open copies many blocks into the archive, which it is at and
	// which is the last; nil: nobody does.
	Progress func(height, last int64)
	// Log takes what CometBFT warns of; nil: slog.Default().
	Log *slog.Logger
	// Pause is what a block waits after the one before it, so that transactions
	// gather: 100 ms by default.
	Pause time.Duration
	// Idle is the time from block to block while there are no transactions: 1 s by
	// default.
	Idle time.Duration
	// Now dates the genesis and the validator's votes, and with them the blocks, for
	// runs that do not wait; nil: the machine's clock. It must not go back, not even
	// while the chain is closed, nor be a minute ahead of the machine's clock, which
	// consensus refuses.
	Now func() time.Time
}

// Largest sizes. A block has room for two of the largest transactions less what
// its header and votes need; one always fits.
const (
	maxBlockBytes = 4 << 20
	maxWaiting    = 20_000    // transactions that wait for a block
	maxWaitBytes  = 256 << 20 // and all of them together
)

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Pause == 0 {
		c.Pause = 100 * time.Millisecond
	}
	if c.Idle == 0 {
		c.Idle = time.Second
	}
	return c
}

// How long CometBFT takes evidence of a validator that signs two blocks of one height,
// in a new chain. It is only put on record, so that it need not keep headers for long.
const (
	evidenceAge    = time.Hour
	evidenceBlocks = 100
)

// clock is what dates the validator's votes.
func (c Config) clock() time.Time {
	if c.Now == nil {
		return cmttime.Now()
	}
	return c.Now()
}

// born is when a new chain begins.
func (c Config) born() time.Time { return cmttime.Canonical(c.clock()) }

// node returns CometBFT's configuration. It lives in code and not in a file: one
// chain in one process has nothing to be configured.
func (c Config) node() *config.Config {
	n := config.DefaultConfig().SetRoot(c.Dir)
	n.Moniker = "torg"
	n.PrivValidatorKey = filepath.Join("keys", "priv_validator_key.json")
	n.NodeKey = filepath.Join("keys", "node_key.json")
	n.TxIndex.Indexer = "null"
	n.Storage.DiscardABCIResponses = false // Blocks reads them

	n.RPC.ListenAddress = ""
	// CometBFT insists on a listener for peers: on loopback, where it takes none.
	n.P2P.ListenAddress = "tcp://127.0.0.1:0"
	n.P2P.PexReactor = false
	n.P2P.MaxNumInboundPeers = 0
	n.P2P.MaxNumOutboundPeers = 0
	// At the default rates a full block takes longer than TimeoutPropose.
	n.P2P.SendRate, n.P2P.RecvRate = 100<<20, 100<<20
	n.P2P.MaxPacketMsgPayloadSize = 64 << 10

	n.Mempool.Size = maxWaiting
	n.Mempool.CacheSize = 2 * maxWaiting
	n.Mempool.MaxTxBytes = ledger.MaxTxBytes
	n.Mempool.MaxTxsBytes = maxWaitBytes
	n.Consensus.TimeoutPropose = time.Second
	n.Consensus.TimeoutCommit = c.Pause
	n.Consensus.CreateEmptyBlocks = true
	n.Consensus.CreateEmptyBlocksInterval = max(c.Idle-c.Pause, time.Millisecond)
	return n
}
