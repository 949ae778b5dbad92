package abci

import (
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// datedVotes is a validator whose clock is another than the machine's.
type datedVotes struct {
	types.PrivValidator
	now  func() time.Time
	last time.Time // of the last vote
}

// dated returns the validator with another clock; nil leaves it the machine's.
func dated(v types.PrivValidator, now func() time.Time) types.PrivValidator {
	if now == nil {
		return v
	}
	return &datedVotes{PrivValidator: v, now: now}
}

// SignVote dates a vote by the clock, and later than the vote before, because a block
// must be later than the one before. Consensus asks for one vote at a time.
func (d *datedVotes) SignVote(chainID string, vote *cmtproto.Vote) error {
	t := d.now().UTC()
	if !t.After(d.last) {
		t = d.last.Add(time.Millisecond)
	}
	vote.Timestamp, d.last = t, t
	return d.PrivValidator.SignVote(chainID, vote)
}
