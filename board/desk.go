package board

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/record"
	"torg/sign"
)

// Book is what a desk reads from the projection.
type Book interface {
	Sites(ctx context.Context) ([]record.Site, error)
	Offer(ctx context.Context, id torg.OfferID) (record.Offer, error)
	Forward(ctx context.Context, id torg.ContractID) (record.Forward, error)
}

// Config is what a desk works with.
type Config struct {
	Chain   ledger.Chain
	Genesis ledger.Genesis
	Book    Book
	Now     func() time.Time                       // the market's
	Held    func(torg.ParticipantID) crypto.Signer // owners' keys that this process holds, nil for others; nil: none
	Wait    time.Duration                          // for a block; 0: 15 s
}

// Desk drafts what is signed on the board and brings it to the ledger. Its methods may
// be called from many goroutines.
type Desk struct {
	cfg Config

	mu      sync.Mutex
	waiting map[[32]byte][]chan taken // by the transaction's SHA-256
}

// taken is what a block made of a transaction.
type taken struct {
	code   torg.Refusal
	height int64
}

// New returns a desk that watches its chain. It must be made before the chain starts.
func New(cfg Config) *Desk {
	if cfg.Wait == 0 {
		cfg.Wait = 15 * time.Second
	}
	if cfg.Held == nil {
		cfg.Held = func(torg.ParticipantID) crypto.Signer { return nil }
	}
	d := &Desk{cfg: cfg, waiting: map[[32]byte][]chan taken{}}
	cfg.Chain.Watch(d.observe)
	return d
}

// Calendar is the complex's.
func (d *Desk) Calendar() torg.Calendar { return d.cfg.Genesis.Calendar }

// ChainID is what every message that is signed names.
func (d *Desk) ChainID() string { return d.cfg.Genesis.ChainID }

// Receipt says what became of a request. Pending: it waits for a block; the same
// request again tells, and counts once.
type Receipt struct {
	ID      string
	State   string // of the offer or contract
	Height  int64
	Pending bool
}

// Post puts an offer on the board. Without a signature the owner's key signs, if this
// process holds it.
func (d *Desk) Post(ctx context.Context, o torg.Offer, signature []byte) (Receipt, error) {
	if err := o.Profile.Valid(); err != nil {
		return Receipt{}, err
	}
	there := func() (Receipt, bool, error) {
		have, err := d.offer(ctx, o.ID())
		if errors.Is(err, record.ErrNotFound) {
			return Receipt{}, false, nil
		}
		if err == nil && !bytes.Equal(canon.Encode(canon.AppendOffer, have.Offer), canon.Encode(canon.AppendOffer, o)) {
			err = fmt.Errorf("offer %s is another one: %w", o.ID(), torg.ErrExists)
		}
		return Receipt{ID: string(o.ID()), State: string(have.State), Height: have.Height}, true, err
	}
	r, err := d.submit(ctx, o.Participant, ledger.Post{Offer: o}, signature, there)
	r.ID = string(o.ID())
	if r.State == "" {
		r.State = string(record.OfferOpen)
	}
	return r, err
}

// Unpost takes an offer off the board.
func (d *Desk) Unpost(ctx context.Context, id torg.OfferID, signature []byte) (Receipt, error) {
	o, err := d.offer(ctx, id)
	if err != nil {
		return Receipt{}, unknown("offer", string(id), err)
	}
	there := func() (Receipt, bool, error) {
		have, err := d.offer(ctx, id)
		if err == nil && have.State != record.OfferOpen && have.State != record.OfferWithdrawn {
			err = fmt.Errorf("offer %s is %s: %w", id, have.State, torg.ErrOfferTaken)
		}
		return Receipt{ID: string(id), State: string(have.State), Height: have.Height}, have.State != record.OfferOpen, err
	}
	r, err := d.submit(ctx, o.Participant, ledger.Unpost{Site: o.Site, Number: o.Number}, signature, there)
	r.ID = string(id)
	if r.State == "" {
		r.State = string(record.OfferWithdrawn)
	}
	return r, err
}

// Conclude brings signatures of a contract, one or both. Where neither is given, the
// key of the party on side signs, if this process holds it.
func (d *Desk) Conclude(ctx context.Context, c torg.Forward, side torg.Side, buyer, seller []byte) (Receipt, error) {
	if err := c.Profile.Valid(); err != nil {
		return Receipt{}, err
	}
	if err := d.owners(ctx, &c); err != nil {
		return Receipt{}, err // also before the id tells whether another's contract is there
	}
	if len(buyer) == 0 && len(seller) == 0 {
		party, _ := c.Party(side)
		signature, err := d.sign(party, ledger.ForwardMessage(d.ChainID(), c))
		if err != nil {
			return Receipt{}, err
		}
		if side == torg.Buy {
			buyer = signature
		} else {
			seller = signature
		}
	}
	there := func() (Receipt, bool, error) {
		have, err := d.forward(ctx, c.ID())
		if errors.Is(err, record.ErrNotFound) {
			return Receipt{}, false, nil
		}
		if err == nil && !bytes.Equal(canon.Encode(canon.AppendForward, have.Forward), canon.Encode(canon.AppendForward, c)) {
			err = fmt.Errorf("contract %s is another one: %w", c.ID(), torg.ErrExists)
		}
		done := (len(buyer) == 0 || have.Signed(torg.Buy)) && (len(seller) == 0 || have.Signed(torg.Sell))
		return Receipt{ID: string(c.ID()), State: have.State, Height: have.Height}, done, err
	}
	r, err := d.submit(ctx, "", ledger.Conclude{Contract: c, BuyerSigned: buyer, SellerSigned: seller}, nil, there)
	r.ID = string(c.ID())
	if r.State == "" {
		r.State = d.stateOf(c.ID())
	}
	return r, err
}

// Decline ends a proposed contract for one of its parties.
func (d *Desk) Decline(ctx context.Context, id torg.ContractID, side torg.Side, signature []byte) (Receipt, error) {
	c, err := d.forward(ctx, id)
	if err != nil {
		return Receipt{}, unknown("contract", string(id), err)
	}
	want := ledger.ForwardRefused
	if side == c.Proposer {
		want = ledger.ForwardWithdrawn
	}
	there := func() (Receipt, bool, error) {
		have, err := d.forward(ctx, id)
		open := have.State == string(ledger.ForwardProposed)
		if err == nil && !open && have.State != string(want) {
			err = fmt.Errorf("contract %s is %s: %w", id, have.State, torg.ErrAlreadySigned)
		}
		return Receipt{ID: string(id), State: have.State, Height: have.Height}, !open, err
	}
	party, _ := c.Party(side)
	r, err := d.submit(ctx, party, ledger.Decline{Contract: id, Side: side}, signature, there)
	r.ID = string(id)
	if r.State == "" {
		r.State = string(want)
	}
	return r, err
}

// unknown names what an id does not find, without the database that was asked.
func unknown(what, id string, err error) error {
	if errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("no %s %q: %w", what, id, torg.ErrUnknown)
	}
	return err
}

// Holds says whether this process signs for a participant.
func (d *Desk) Holds(p torg.ParticipantID) bool {
	return d.cfg.Genesis.Unsigned || d.cfg.Held(p) != nil
}

// sign signs a message with a participant's key, if this process holds it.
func (d *Desk) sign(p torg.ParticipantID, message []byte) ([]byte, error) {
	if d.cfg.Genesis.Unsigned {
		return []byte{0}, nil // the chain asks for none; not empty, because it says who concludes
	}
	key := d.cfg.Held(p)
	if key == nil {
		return nil, fmt.Errorf("this server does not hold the key of %s: sign the bytes that the draft gives and send the signature: %w", p, torg.ErrNotSigned)
	}
	return sign.Sign(key, message)
}

// submit signs a body for a participant where it has to be and is not, and hands it to
// the chain until a block has it. there says whether it is done already: what was done
// by an earlier try is an answer, not a refusal.
func (d *Desk) submit(ctx context.Context, p torg.ParticipantID, b ledger.Body, signature []byte, there func() (Receipt, bool, error)) (Receipt, error) {
	if r, done, err := there(); done || err != nil {
		return r, err
	}
	if p != "" && len(signature) == 0 {
		var err error
		if signature, err = d.sign(p, ledger.TxMessage(d.ChainID(), b)); err != nil {
			return Receipt{}, err
		}
	}
	tx, err := ledger.Assemble(b, signature)
	if err != nil {
		return Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Wait)
	defer cancel()
	block, forget := d.await(tx)
	defer forget()
	if err := d.cfg.Chain.Submit(ctx, tx); err != nil {
		if torg.RefusalOf(err) != "" {
			if r, done, again := there(); done && again == nil {
				return r, nil
			}
		}
		return Receipt{}, err
	}
	select {
	case t := <-block:
		if t.code != "" {
			return Receipt{}, t.code
		}
		return Receipt{Height: t.height}, nil
	case <-ctx.Done():
		return Receipt{Pending: true}, nil
	}
}

// await tells what the first block with a transaction makes of it.
func (d *Desk) await(tx []byte) (<-chan taken, func()) {
	id, one := sha256.Sum256(tx), make(chan taken, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[id] = append(d.waiting[id], one)
	return one, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.waiting, id) // whoever else waits for the same bytes asks again
	}
}

func (d *Desk) observe(c ledger.Committed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) == 0 {
		return
	}
	for i, tx := range c.Txs {
		id := sha256.Sum256(tx)
		for _, one := range d.waiting[id] {
			select {
			case one <- taken{c.Codes[i], c.Height}:
			default: // it was in an earlier block
			}
		}
	}
}
