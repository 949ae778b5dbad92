package abci

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"
)

// Trust is a header that somebody knows to be the chain's, from a validator or from
// an earlier look at it.
type Trust struct {
	Height int64
	Hash   [32]byte
}

// ParseTrust reads HEIGHT:HASH, the hash in 64 hexadecimal digits.
func ParseTrust(s string) (Trust, error) {
	height, hash, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(height, 10, 64)
	raw, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || n < 1 || hexErr != nil || len(raw) != 32 {
		return Trust{}, fmt.Errorf("%q is not HEIGHT:HASH, such as 1:%s", s, strings.Repeat("0a", 32))
	}
	return Trust{Height: n, Hash: [32]byte(raw)}, nil
}

// String returns what ParseTrust reads.
func (t Trust) String() string { return fmt.Sprintf("%d:%x", t.Height, t.Hash) }

// Proven is what a StateProof shows.
type Proven struct {
	Records [][]byte  // values under the keys that were asked for
	Height  int64     // of the header that commits to them
	Time    time.Time // of that header, UTC
}

// Begins returns the header that a proof begins at. Whether that is the chain's is for
// the reader to know.
func (p StateProof) Begins(chainID string) (Trust, error) {
	if len(p.Blocks) == 0 {
		return Trust{}, errors.New("no light blocks")
	}
	b, err := parseLight(chainID, p.Blocks[0])
	if err != nil {
		return Trust{}, fmt.Errorf("light block 1: %w", err)
	}
	return Trust{Height: b.Height, Hash: [32]byte(b.Hash())}, nil
}

// Verify checks a proof with nothing but a trusted header, and returns the records
// under the keys. No byte of the proof can be another: every vote in it is checked,
// and everything in it has one form.
func (p StateProof) Verify(chainID string, trust Trust, keys ...[]byte) (Proven, error) {
	if len(p.Records) != len(keys) {
		return Proven{}, fmt.Errorf("%d records where %d are to be shown", len(p.Records), len(keys))
	}
	last, err := p.follow(chainID, trust)
	if err != nil {
		return Proven{}, err
	}
	out := Proven{Height: last.Height, Time: last.Time.UTC()}
	for i, key := range keys {
		value, err := openRecord(last.AppHash, key, p.Records[i])
		if err != nil {
			return Proven{}, fmt.Errorf("record %d: %w", i+1, err)
		}
		out.Records = append(out.Records, value)
	}
	return out, nil
}

// follow goes from the trusted header to the last as CometBFT's light client does. No
// trusting period ends: it bounds how long a chain can punish validators that sign two
// histories, and this one does not punish. Nor is the machine's clock asked: a proof
// holds or does not, whenever it is looked at.
func (p StateProof) follow(chainID string, trust Trust) (*types.LightBlock, error) {
	var last *types.LightBlock
	for i, bytes := range p.Blocks {
		b, err := parseLight(chainID, bytes)
		if err == nil && i == 0 && (b.Height != trust.Height || [32]byte(b.Hash()) != trust.Hash) {
			return nil, fmt.Errorf("the proof begins at header %d:%x, which is not the trusted %s", b.Height, []byte(b.Hash()), trust)
		}
		if err == nil && i > 0 {
			err = light.Verify(last.SignedHeader, last.ValidatorSet, b.SignedHeader, b.ValidatorSet,
				math.MaxInt64, b.Time, time.Nanosecond, light.DefaultTrustLevel)
		}
		if err != nil {
			return nil, fmt.Errorf("light block %d: %w", i+1, oneLine(err))
		}
		last = b
	}
	if last == nil {
		return nil, errors.New("no light blocks")
	}
	return last, nil
}

// parseLight reads a light block in its one form and checks all of its votes. CometBFT
// is trusted not to panic over a stranger's bytes only after its own checks.
func parseLight(chainID string, raw []byte) (b *types.LightBlock, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, fmt.Errorf("damaged: %v", p)
		}
	}()
	var pb cmtproto.LightBlock
	if err := pb.Unmarshal(raw); err != nil {
		return nil, err
	}
	if b, err = types.LightBlockFromProto(&pb); err != nil {
		return nil, err
	}
	if err := b.ValidateBasic(chainID); err != nil {
		return nil, err
	}
	again, err := marshalLight(b)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, raw) {
		return nil, errors.New("not in the form in which light blocks are written")
	}
	if b.Version.App != protocol {
		return nil, fmt.Errorf("made by application version %d, this program knows %d", b.Version.App, protocol)
	}
	return b, b.ValidatorSet.VerifyCommit(chainID, b.Commit.BlockID, b.Height, b.Commit)
}

// openRecord returns the value under a key that a proof shows in the state with a hash.
func openRecord(hash, key, raw []byte) ([]byte, error) {
	var p ics23.CommitmentProof
	if err := p.Unmarshal(raw); err != nil {
		return nil, err
	}
	exists := p.GetExist()
	if exists == nil {
		return nil, errors.New("not a proof that a record is there")
	}
	if again, err := p.Marshal(); err != nil || !bytes.Equal(again, raw) {
		return nil, errors.New("not in the form in which proofs are written")
	}
	if !ics23.VerifyMembership(ics23.IavlSpec, hash, &p, key, exists.Value) {
		return nil, fmt.Errorf("not key %x in the state with hash %x", key, hash)
	}
	return exists.Value, nil
}
