package ledger

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"torg"
	"torg/canon"
	"torg/sign"
)

// rememberedSignatures is how many good signatures the ledger need not verify again.
const rememberedSignatures = 1 << 17

// Ledger is the state machine over a KV. Its methods must not run at the same time,
// except that View may run beside Apply and Check.
type Ledger struct {
	kv        KV
	committed *state
	block     *state  // applied and not committed; nil: none
	writes    []write // what committing it writes; nil: not known yet
	checks    *state  // what checked transactions would do, since the last commit
}

// New returns a ledger on kv. Init or Load must follow.
func New(kv KV) *Ledger { return &Ledger{kv: kv} }

// Init begins a new chain. What genesis says is written with the first block. It
// refuses a genesis that cannot be traded by, naming the field.
func (l *Ledger) Init(g Genesis) error {
	r, err := newRules(g)
	if err != nil {
		return err
	}
	l.committed, l.block, l.checks = newState(r), nil, nil
	return nil
}

// Load takes up a chain from what is committed in the KV.
func (l *Ledger) Load() error {
	raw := l.kv.Get([]byte{prefixGenesis})
	if raw == nil {
		return fmt.Errorf("ledger: no chain in this store: %w", torg.ErrUnknown)
	}
	doc, err := canon.Decode(raw, func(r *canon.Reader) []byte { return r.Blob(stateLimit) })
	if err != nil {
		return fmt.Errorf("ledger: genesis: %w", err)
	}
	var g Genesis
	if err := json.Unmarshal(doc, &g); err != nil {
		return fmt.Errorf("ledger: genesis: %w", err)
	}
	if err := l.Init(g); err != nil {
		return err
	}
	if err := l.committed.load(l.kv); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	l.committed.auditAll()
	return nil
}

func newRules(g Genesis) (*rules, error) {
	if err := g.Valid(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	location, err := time.LoadLocation(g.Timezone)
	if g.Timezone == "Local" {
		err = fmt.Errorf("%q differs from machine to machine", g.Timezone)
	}
	if err != nil {
		return nil, fmt.Errorf("genesis: timezone: %w", err)
	}
	return &rules{Genesis: g, prices: g.PriceList(), location: location, verifier: sign.NewVerifier(rememberedSignatures)}, nil
}

// Apply runs a block on the committed state: what gates its time has passed, then
// its transactions, then what they complete. It changes nothing that is committed
// and may be repeated until Commit. Heights follow each other and times never go
// back. It panics where the ledger's own books do not balance.
func (l *Ledger) Apply(b Block) Result {
	s := l.committed.fork()
	if len(l.committed.heads.base) == 0 {
		doc, err := json.Marshal(s.Genesis)
		if err != nil {
			panic("ledger: genesis: " + err.Error())
		}
		s.genesis.put("", doc)
	}
	l.block, l.writes = s, nil
	r := Result{Codes: make([]torg.Refusal, len(b.Txs))}
	s.open(b)
	txs := s.decode(b.Txs)
	for i, tx := range txs {
		err := tx.err
		if err == nil {
			err = s.deliver(tx.Tx)
		}
		r.Codes[i] = code(err)
	}
	s.finish()
	r.Events = s.events
	return r
}

// code is the word for an error, which must have one.
func code(err error) torg.Refusal {
	if err == nil {
		return ""
	}
	if r := torg.RefusalOf(err); r != "" {
		return r
	}
	return torg.ErrMalformed
}

// decoded is a transaction of a block.
type decoded struct {
	Tx
	err error
}

// decode reads a block's transactions and verifies the orders' and statements'
// signatures on all processors, so that they are remembered when their turn comes.
func (s *state) decode(txs [][]byte) []decoded {
	list := make([]decoded, len(txs))
	var checks []sign.Check
	for i, tx := range txs {
		list[i].Tx, list[i].err = Decode(tx)
		if !s.Unsigned {
			checks = s.signatures(checks, list[i].Body)
			checks = s.boardSignatures(checks, list[i].Tx)
		}
	}
	s.verifier.VerifyAll(checks)
	return list
}

func (s *state) signatures(to []sign.Check, b Body) []sign.Check {
	switch b := b.(type) {
	case Orders:
		for _, o := range b.Orders {
			if m, ok := s.mandates.get(o.Order.Site); ok {
				to = append(to, sign.Check{Key: m.key, Message: OrderMessage(s.ChainID, o.Order), Signature: o.Signature})
			}
		}
	case Statements:
		for _, st := range b.Statements {
			if m, ok := s.mandates.get(st.Site); ok {
				to = append(to, sign.Check{Key: m.key, Message: StatementMessage(s.ChainID, b.Slot, st.Site, st.Root), Signature: st.Signature})
			}
		}
	}
	return to
}

// deliver carries out one transaction. An error, with a refusal in it, leaves the
// state as it was.
func (s *state) deliver(tx Tx) error {
	if err := s.authorize(tx); err != nil {
		return err
	}
	switch b := tx.Body.(type) {
	case Admit:
		return s.admit(b)
	case Deposit:
		return s.deposit(b)
	case Grant:
		return s.grant(b)
	case Revoke:
		return s.revoke(b)
	case Orders:
		return s.takeOrders(b)
	case Tick:
		return s.takeTick(b)
	case Bands:
		return s.takeBands(b)
	case Statements:
		return s.takeStatements(b)
	case Readings:
		return s.takeReadings(b)
	case Close:
		return s.takeClose(b)
	case Post:
		return s.takePost(b, tx.Signature)
	case Unpost:
		return s.takeUnpost(b, tx.Signature)
	case Conclude:
		return s.takeConclude(b)
	case Decline:
		return s.takeDecline(b, tx.Signature)
	}
	return fmt.Errorf("transaction %T: %w", tx.Body, torg.ErrMalformed)
}

// authorize checks the signature of a transaction that somebody has to sign.
func (s *state) authorize(tx Tx) error {
	if s.Unsigned {
		return nil
	}
	var key []byte
	signer, refusal := "operator", torg.ErrNotOperator
	switch b := tx.Body.(type) {
	case Orders, Tick, Statements:
		return nil
	case Post, Unpost, Conclude, Decline: // whose signers are their own business
		return nil
	case Grant:
		p, ok := s.participants.get(b.Mandate.Participant)
		if !ok {
			return fmt.Errorf("grant of participant %q: %w", b.Mandate.Participant, torg.ErrUnknown)
		}
		key, signer, refusal = p.key, "owner", torg.ErrBadSignature
	case Revoke:
		p, ok := s.participants.get(b.Participant)
		if !ok {
			return fmt.Errorf("revocation of participant %q: %w", b.Participant, torg.ErrUnknown)
		}
		key, signer, refusal = p.key, "owner", torg.ErrBadSignature
	default:
		key = s.Operator
	}
	if err := s.verifier.Verify(sign.Check{Key: key, Message: TxMessage(s.ChainID, tx.Body), Signature: tx.Signature}); err != nil {
		return fmt.Errorf("%T not signed by the %s: %w", tx.Body, signer, refusal)
	}
	return nil
}

// Commit writes the applied block into the KV, in the order of the keys, and makes
// it the committed state. It panics where no block was applied.
func (l *Ledger) Commit() {
	for key, value := range l.Changes() {
		if value == nil {
			l.kv.Delete(key)
		} else {
			l.kv.Set(key, value)
		}
	}
	l.block.commit()
	l.block, l.writes, l.checks = nil, nil, nil
}

// Changes returns what Commit will write, in the order of the keys; a nil value
// deletes its key. It panics where no block was applied.
func (l *Ledger) Changes() iter.Seq2[[]byte, []byte] {
	if l.block == nil {
		panic("ledger: no block is applied")
	}
	if l.writes == nil {
		l.writes = l.block.writes()
	}
	return func(yield func(key, value []byte) bool) {
		for _, w := range l.writes {
			if !yield(w.key, w.value) {
				return
			}
		}
	}
}

// Discard forgets the applied block, if there is one.
func (l *Ledger) Discard() { l.block, l.writes = nil, nil }

// Check says whether a transaction is worth a block, after those that were checked
// since the last commit; its error wraps a torg.Refusal. It judges what is certain
// before the block's time is known: orders by their signatures, everything else as
// Apply would. It writes nothing.
func (l *Ledger) Check(tx []byte) error {
	t, err := Decode(tx)
	if err != nil {
		return err
	}
	if l.checks == nil {
		l.checks = l.committed.fork()
		l.checks.check = true
	}
	s := l.checks
	defer func() { s.events, s.touched = nil, nil }()
	if b, ok := t.Body.(Orders); ok {
		return s.checkOrders(b)
	}
	return s.deliver(t)
}

// ForgetChecks forgets the transactions that were checked since the last commit, as
// if they had never come.
func (l *Ledger) ForgetChecks() { l.checks = nil }

// View returns the committed state to look at.
func (l *Ledger) View() View { return View{l.committed.fork()} }
