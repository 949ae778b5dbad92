package abci

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cometbft/cometbft/consensus"
	cstypes "github.com/cometbft/cometbft/consensus/types"
	"github.com/cometbft/cometbft/libs/log"
	cmtcons "github.com/cometbft/cometbft/proto/tendermint/consensus"
)

// A validator that is killed between signing and writing down what it signed must
// not sign anything else in that round. Among several, the others carry the round
// on; one alone would wait for itself for ever. resume prepares the consensus log
// of such a validator so that it goes on: height is that of the newest block, and
// signedHeight and signedRound are of the last signature.
//
// Nothing is lost by it: whoever alone signs blocks has shown nobody one that is
// not stored.
func resume(path string, height, signedHeight int64, signedRound int32) error {
	if err := cutTornRecord(path); err != nil {
		return err
	}
	wal, err := consensus.NewWAL(path)
	if err != nil {
		return err
	}
	wal.SetLogger(log.NewNopLogger())
	if err := wal.Start(); err != nil {
		return err
	}
	defer func() {
		_ = wal.Stop() // it runs, and what matters was written with WriteSync
		wal.Wait()
	}()
	// Killed after a block was stored and before the log said so: without that
	// line the next height cannot be replayed, if the process is killed in it too.
	rest, found, err := wal.SearchForEndHeight(height, &consensus.WALSearchOptions{IgnoreDataCorruptionErrors: true})
	if err != nil {
		return err
	}
	if found {
		rest.Close()
	} else if err := wal.WriteSync(consensus.EndHeightMessage{Height: height}); err != nil {
		return err
	}
	if signedHeight != height+1 {
		return nil
	}
	// Once what the log has of the round is replayed, the round is over.
	over, err := consensus.WALFromProto(&cmtcons.WALMessage{Sum: &cmtcons.WALMessage_TimeoutInfo{
		TimeoutInfo: &cmtcons.TimeoutInfo{
			Height: signedHeight, Round: signedRound, Step: uint32(cstypes.RoundStepPrecommitWait),
		},
	}})
	if err != nil {
		return err
	}
	return wal.WriteSync(over)
}

// cutTornRecord cuts the log off where its records end: what is behind a record
// that was half written when the process died is never read.
func cutTornRecord(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var good int64
	for records := consensus.NewWALDecoder(f); ; {
		if _, err := records.Decode(); errors.Is(err, io.EOF) {
			return nil
		} else if consensus.IsDataCorruptionError(err) {
			return f.Truncate(good)
		} else if err != nil {
			return err
		}
		if good, err = f.Seek(0, io.SeekCurrent); err != nil {
			return fmt.Errorf("position: %w", err)
		}
	}
}
