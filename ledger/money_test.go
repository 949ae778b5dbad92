package ledger_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torg"
	"torg/ledger"
	"torg/ledger/kvmem"
)

// cappedBench is a signed chain with foundry, factory and school, an approver, and caps
// of 5000 in and 400 out on a day.
func cappedBench(t testing.TB) *bench {
	keys := manyKeys()
	g := genesis()
	g.Unsigned = false
	b := newBench(t, genesis())
	b.keys = keys
	g.Operator = b.operatorKey()
	g.Approver = b.ownerKey("approver")
	g.DepositCap, g.WithdrawalCap = 5000_00, 400_00
	b = newBench(t, g)
	b.keys = keys
	for _, name := range []string{"foundry", "factory", "school"} {
		bodies := admit(name, 1000, "base")
		a := bodies[0].(ledger.Admit)
		a.OwnerKey = b.ownerKey(name)
		b.block(b.at(0, 0), a, bodies[1])
	}
	return b
}

func depositOf(e ledger.Event) *ledger.DepositTaken       { return e.Deposit }
func withdrawalOf(e ledger.Event) *ledger.WithdrawalTaken { return e.Withdrawal }

func withdraw(name string, rubles int, reference string) ledger.Withdraw {
	return ledger.Withdraw{Participant: torg.ParticipantID(name), Amount: torg.Money(rubles) * 100, Reference: reference}
}

func pay(name, reference, bank string) ledger.Pay {
	return ledger.Pay{Participant: torg.ParticipantID(name), Reference: reference, BankReference: bank}
}

// Money comes, is reserved and goes: within the caps on the operator's word, beyond
// them when the approver agrees.
func TestMoneyComesAndGoes(t *testing.T) {
	b := cappedBench(t)
	at := b.at(0, 0.01)
	b.balance("foundry", "1000", "0", "0")
	b.account(torg.AccountBank, "-3000")
	// 2000 of 5000 are left today: 2500 wait, 2000 do not.
	b.block(at, ledger.Deposit{Participant: "foundry", Amount: 2500_00, Reference: "big"}, ledger.Deposit{Participant: "foundry", Amount: 2000_00, Reference: "small"})
	b.balance("foundry", "3000", "0", "0")
	if p := b.l.View().Pending(); len(p) != 1 || p[0] != (ledger.Deposit{Participant: "foundry", Amount: 2500_00, Reference: "big"}) {
		t.Errorf("pending %v", p)
	}
	b.reloaded()
	e := b.block(at, ledger.Approve{Reference: "big"})
	if d := only(e, depositOf); len(d) != 1 || d[0].State != ledger.MoneyCredited || d[0].Amount != 2500_00 {
		t.Errorf("told %+v", e)
	}
	b.balance("foundry", "5500", "0", "0")
	b.account(torg.AccountBank, "-7500")
	// What was approved is not of the operator's word.
	b.block(at, ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "one more"})
	if p := b.l.View().Pending(); len(p) != 1 {
		t.Errorf("a deposit beyond the cap does not wait: %v", p)
	}
	b.block(at, ledger.Return{Reference: "one more"})

	b.block(at, withdraw("foundry", 300, "w1"), withdraw("foundry", 5200, "w2"))
	b.balance("foundry", "0", "5500", "0")
	b.block(at, pay("foundry", "w1", "bank 1"))
	b.balance("foundry", "0", "5200", "0")
	if c := b.try(at, pay("foundry", "w2", "bank 2"))[0]; c != torg.ErrOverCap {
		t.Errorf("beyond the cap: %q", c)
	}
	b.block(at, ledger.Approve{Participant: "foundry", Reference: "w2"})
	if w := b.l.View().Withdrawals("foundry"); len(w) != 1 || w[0].State != ledger.MoneyApproved || w[0].Amount != 5200_00 {
		t.Errorf("open %+v", w)
	}
	b.reloaded()
	e = b.block(at, pay("foundry", "w2", "bank 2"))
	if w := only(e, withdrawalOf); len(w) != 1 || w[0].State != ledger.MoneyPaid || w[0].BankReference != "bank 2" {
		t.Errorf("told %+v", w)
	}
	if p := only(e, postingOf); len(p) != 1 || p[0].Kind != torg.PostWithdrawal || p[0].From != "foundry" || p[0].To != torg.AccountBank || p[0].Amount != rub("5200") {
		t.Errorf("posted %+v", p)
	}
	b.balance("foundry", "0", "0", "0")
	b.account(torg.AccountBank, "-2000")

	// A day later the operator's word is worth the caps again.
	next := b.g.Calendar.Opens(b.slot(0)).Add(24 * time.Hour)
	b.block(next, withdraw("factory", 400, "w1"), pay("factory", "w1", "bank 3"), ledger.Deposit{Participant: "school", Amount: 5000_00, Reference: "day 2"})
	b.balance("factory", "600", "0", "0")
	b.balance("school", "6000", "0", "0")
	b.reloaded()
}

// Without an approver the caps are hard, and without caps there are none.
func TestCapsWithoutApprover(t *testing.T) {
	g := genesis()
	g.DepositCap, g.WithdrawalCap = 1000_00, 400_00
	b := newBench(t, g)
	at := b.at(0, 0)
	b.block(at, admit("foundry", 1000, "base")...)
	if c := b.try(at, ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "x"})[0]; c != torg.ErrOverCap {
		t.Errorf("a deposit beyond the cap: %q", c)
	}
	b.block(at, withdraw("foundry", 401, "w"))
	for name, body := range map[string]ledger.Body{"pay": pay("foundry", "w", "b"), "approve": ledger.Approve{Participant: "foundry", Reference: "w"}} {
		want := map[string]torg.Refusal{"pay": torg.ErrOverCap, "approve": torg.ErrNotApprover}[name]
		if c := b.try(at, body)[0]; c != want {
			t.Errorf("%s: %q, want %s", name, c, want)
		}
	}
	// The refused deposit's reference is not used up: it may come tomorrow.
	b.block(at.Add(24*time.Hour), ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "x"})
	free := newBench(t, genesis())
	free.block(at, admit("foundry", 1000, "base")...)
	free.block(at, ledger.Deposit{Participant: "foundry", Amount: 10_000_000_00, Reference: "y"}, withdraw("foundry", 10_000_000, "w"), pay("foundry", "w", "b"))
	free.balance("foundry", "1000", "0", "0")
	if free.kv.Get([]byte("o")) != nil {
		t.Error("a chain without caps keeps the day's sums")
	}
}

// Everything that is refused about money, one by one; nothing of it changes the state.
func TestMoneyRefusals(t *testing.T) {
	b := cappedBench(t)
	at := b.at(0, 0.01)
	b.block(at, ledger.Deposit{Participant: "foundry", Amount: 3000_00, Reference: "waits"}, withdraw("foundry", 100, "w"), withdraw("foundry", 100, "paid"),
		withdraw("foundry", 10, "cancelled"), withdraw("foundry", 10, "returned"), withdraw("foundry", 500, "large"))
	b.block(at, pay("foundry", "paid", "bank 1"), ledger.Cancel{Participant: "foundry", Reference: "cancelled"}, ledger.Return{Participant: "foundry", Reference: "returned"})
	b.block(at, ledger.Approve{Participant: "foundry", Reference: "large"})
	for i := range ledger.MaxWithdrawals {
		b.block(at, withdraw("school", 1, fmt.Sprint(i)))
	}
	before := dump(b)
	for _, c := range []struct {
		name   string
		signer string // empty: whoever has to sign
		body   ledger.Body
		want   torg.Refusal
	}{
		{"deposit again", "", ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "waits"}, torg.ErrDuplicate},
		{"deposit under a payment's reference", "", ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "bank 1"}, torg.ErrDuplicate},
		{"deposit by an owner", "foundry", ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "x"}, torg.ErrNotOperator},
		{"deposit by the approver", "approver", ledger.Deposit{Participant: "foundry", Amount: 1, Reference: "x"}, torg.ErrNotOperator},

		{"withdrawal of nobody", "", withdraw("nobody", 1, "x"), torg.ErrUnknown},
		{"withdrawal of nothing", "", withdraw("foundry", 0, "x"), torg.ErrMalformed},
		{"withdrawal of less", "", withdraw("foundry", -1, "x"), torg.ErrMalformed},
		{"withdrawal without reference", "", withdraw("foundry", 1, ""), torg.ErrMalformed},
		{"withdrawal again", "", withdraw("foundry", 100, "w"), torg.ErrDuplicate},
		{"withdrawal again, paid", "", withdraw("foundry", 100, "paid"), torg.ErrDuplicate},
		{"withdrawal again, cancelled", "", withdraw("foundry", 10, "cancelled"), torg.ErrDuplicate},
		{"withdrawal again, returned", "", withdraw("foundry", 10, "returned"), torg.ErrDuplicate},
		{"withdrawal of more than there is", "", withdraw("foundry", 301, "x"), torg.ErrFunds},
		{"seventeenth withdrawal", "", withdraw("school", 1, "x"), torg.ErrTooLarge},
		{"withdrawal by the operator", "operator", withdraw("foundry", 1, "x"), torg.ErrBadSignature},
		{"withdrawal by another owner", "factory", withdraw("foundry", 1, "x"), torg.ErrBadSignature},

		{"payment of none", "", pay("foundry", "x", "b"), torg.ErrUnknown},
		{"payment of another's", "", pay("factory", "w", "b"), torg.ErrUnknown},
		{"payment twice", "", pay("foundry", "paid", "b"), torg.ErrUnknown},
		{"payment of what was cancelled", "", pay("foundry", "cancelled", "b"), torg.ErrUnknown},
		{"payment of what was returned", "", pay("foundry", "returned", "b"), torg.ErrUnknown},
		{"payment without bank reference", "", pay("foundry", "w", ""), torg.ErrMalformed},
		{"payment under a used reference", "", pay("foundry", "w", "bank 1"), torg.ErrDuplicate},
		{"payment under a deposit's reference", "", pay("foundry", "w", "waits"), torg.ErrDuplicate},
		{"payment by the owner", "foundry", pay("foundry", "w", "b"), torg.ErrNotOperator},

		{"cancelling none", "", ledger.Cancel{Participant: "foundry", Reference: "x"}, torg.ErrUnknown},
		{"cancelling what was paid", "", ledger.Cancel{Participant: "foundry", Reference: "paid"}, torg.ErrUnknown},
		{"cancelling by the operator", "operator", ledger.Cancel{Participant: "foundry", Reference: "w"}, torg.ErrBadSignature},
		{"cancelling another's", "factory", ledger.Cancel{Participant: "foundry", Reference: "w"}, torg.ErrBadSignature},
		{"returning what was paid", "", ledger.Return{Participant: "foundry", Reference: "paid"}, torg.ErrUnknown},
		{"returning a credited deposit", "", ledger.Return{Reference: "opening foundry"}, torg.ErrUnknown},
		{"returning by the owner", "foundry", ledger.Return{Participant: "foundry", Reference: "w"}, torg.ErrNotOperator},

		{"approving a credited deposit", "", ledger.Approve{Reference: "opening foundry"}, torg.ErrUnknown},
		{"approving what does not wait", "", ledger.Approve{Reference: "x"}, torg.ErrUnknown},
		{"approving no withdrawal", "", ledger.Approve{Participant: "foundry", Reference: "x"}, torg.ErrUnknown},
		{"approving twice", "", ledger.Approve{Participant: "foundry", Reference: "large"}, torg.ErrDuplicate},
		{"approving by the operator", "operator", ledger.Approve{Reference: "waits"}, torg.ErrNotApprover},
		{"approving by the owner", "foundry", ledger.Approve{Reference: "waits"}, torg.ErrNotApprover},
	} {
		tx := b.signedAs(c.signer, c.body)
		if err := b.l.Check(tx); torg.RefusalOf(err) != c.want {
			t.Errorf("%s: Check: %v, want %s", c.name, err, c.want)
		}
		if got := b.code(at, tx); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if dump(b) != before {
		t.Error("what was refused changed the state")
	}
}

func (b *bench) operatorKey() []byte {
	b.t.Helper()
	key, err := b.keys.Operator()
	if err != nil {
		b.t.Fatal(err)
	}
	return publicDER(b.t, key)
}

func (b *bench) signedAs(name string, body ledger.Body) []byte {
	b.t.Helper()
	switch name {
	case "":
		return b.encode(body)
	case "operator":
		key, err := b.keys.Operator()
		if err != nil {
			b.t.Fatal(err)
		}
		tx, err := ledger.Encode(b.g.ChainID, body, key)
		if err != nil {
			b.t.Fatal(err)
		}
		return tx
	}
	return b.signedBy(name, body)
}

// Money that is reserved for one thing is there for no other, in one block too.
func TestNothingIsSpentTwice(t *testing.T) {
	b := newBench(t, genesis())
	at := b.at(0, 0.01)
	b.block(b.at(0, 0), append(admit("foundry", 100, "base"), admit("factory", 100, "base")...)...)
	codes := b.try(at, withdraw("foundry", 100, "a"), withdraw("foundry", 100, "b"), withdraw("foundry", 1, "c"))
	if !slices.Equal(codes, []torg.Refusal{"", torg.ErrFunds, torg.ErrFunds}) {
		t.Errorf("codes %q", codes)
	}
	e := b.block(at, ledger.Cancel{Participant: "foundry", Reference: "a"}, b.orders(b.order(0, 1, "foundry", torg.Buy, 10*kWh, "5")))
	if o := only(e, taken); len(o) != 1 || o[0].Refused != "" || o[0].Cut != 0 {
		t.Errorf("after cancelling: %+v", o)
	}
	if c := b.try(at, withdraw("foundry", 51, "d"))[0]; c != torg.ErrFunds {
		t.Errorf("what an order reserves is withdrawn: %q", c)
	}
	b.block(at, withdraw("foundry", 50, "e"))
	tx := b.encode(pay("foundry", "e", "bank"))
	if codes := b.raw(at, tx, tx).Codes; !slices.Equal(codes, []torg.Refusal{"", torg.ErrUnknown}) {
		t.Errorf("paid twice: %q", codes)
	}
	if codes := b.try(at, b.orders(b.order(0, 1, "factory", torg.Buy, 20*kWh, "5")), withdraw("factory", 1, "f")); !slices.Equal(codes, []torg.Refusal{"", torg.ErrFunds}) {
		t.Errorf("codes %q", codes)
	}
}

// Settlement alone makes debts; whoever has one is paid nothing before it is covered,
// and may still take the withdrawal back.
func TestNoPaymentToADebtor(t *testing.T) {
	g := genesis()
	g.NoWorse = false
	b := newBench(t, g)
	b.block(b.at(0, 0), append(admit("foundry", 100, "base"), admit("factory", 100, "base")...)...)
	b.block(b.at(0, 0.1), withdraw("foundry", 100, "w"))
	b.block(b.at(3, 0), b.readings(0, "foundry", 10*kWh, "factory", 0*kWh), b.readings(1, "foundry", 0*kWh, "factory", 0*kWh))
	b.balance("foundry", "-72", "100", "0")
	if c := b.try(b.at(3, 0), pay("foundry", "w", "bank"))[0]; c != torg.ErrFunds {
		t.Errorf("a debtor is paid: %q", c)
	}
	b.block(b.at(3, 0), ledger.Deposit{Participant: "foundry", Amount: 72_00, Reference: "covers"}, pay("foundry", "w", "bank"))
	b.balance("foundry", "0", "0", "0")
	if c := b.try(b.at(3, 0), withdraw("factory", 101, "w"))[0]; c != torg.ErrFunds {
		t.Errorf("more than there is: %q", c)
	}
}

// Whatever owners, operator and approver send in whatever order: the accounts sum to
// nothing, the bank holds what came less what went, no withdrawal is paid twice or
// besides its reservation, caps hold, and a reloaded ledger goes on the same.
func TestMoneyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := genesis()
		g.DepositCap = torg.Money(rapid.SampledFrom([]int{0, 50_00, 200_00}).Draw(t, "deposit cap"))
		g.WithdrawalCap = torg.Money(rapid.SampledFrom([]int{0, 40_00}).Draw(t, "withdrawal cap"))
		if g.DepositCap > 0 && g.WithdrawalCap > 0 && rapid.Bool().Draw(t, "approver") {
			g.Approver = []byte("approver")
		}
		kv := &kvmem.KV{}
		l := ledger.New(kv)
		if err := l.Init(g); err != nil {
			t.Fatal(err)
		}
		at, height := start, int64(0)
		in, out := map[int64]torg.Money{}, map[int64]torg.Money{} // on the operator's word, by day
		var came, went torg.Cost
		paid, approved, waited := map[string]bool{}, map[string]bool{}, map[string]bool{}
		apply := func(bodies ...ledger.Body) {
			height++
			b := ledger.Block{Height: height, Time: at}
			for _, body := range bodies {
				tx, err := ledger.Encode(chainID, body, nil)
				if err != nil {
					t.Fatal(err)
				}
				b.Txs = append(b.Txs, tx)
			}
			r := l.Apply(b)
			l.Commit()
			day := at.Unix() / 86400
			for _, e := range r.Events {
				if d := e.Deposit; d != nil {
					switch d.State {
					case ledger.MoneyPending:
						waited[d.Reference] = true
					case ledger.MoneyCredited:
						came = came.Add(d.Amount.Cost())
						if !waited[d.Reference] {
							in[day] += d.Amount
						}
					}
				}
				if w := e.Withdrawal; w != nil {
					name := string(w.Participant) + "/" + w.Reference
					switch w.State {
					case ledger.MoneyApproved:
						approved[name] = true
					case ledger.MoneyPaid:
						if paid[name] {
							t.Fatalf("%s is paid twice", name)
						}
						paid[name] = true
						went = went.Add(w.Amount.Cost())
						if !approved[name] {
							out[day] += w.Amount
						}
					}
				}
			}
			if g.DepositCap > 0 && in[day] > g.DepositCap || g.WithdrawalCap > 0 && out[day] > g.WithdrawalCap {
				t.Fatalf("day %d: %s in and %s out on the operator's word", day, in[day], out[day])
			}
		}
		names := []torg.ParticipantID{"a", "b"}
		apply(ledger.Admit{Participant: "a"}, ledger.Admit{Participant: "b"})
		for range rapid.IntRange(1, 40).Draw(t, "blocks") {
			var bodies []ledger.Body
			for range rapid.IntRange(0, 3).Draw(t, "transactions") {
				p := rapid.SampledFrom(names).Draw(t, "participant")
				reference := fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "reference"))
				amount := torg.Money(rapid.IntRange(-1, 60).Draw(t, "rubles")) * 100
				bodies = append(bodies, rapid.SampledFrom([]ledger.Body{
					ledger.Deposit{Participant: p, Amount: amount, Reference: fmt.Sprintf("in %d %s", height, reference)},
					ledger.Deposit{Participant: p, Amount: amount, Reference: reference},
					ledger.Withdraw{Participant: p, Amount: amount, Reference: reference},
					ledger.Pay{Participant: p, Reference: reference, BankReference: fmt.Sprintf("out %d %s", height, reference)},
					ledger.Cancel{Participant: p, Reference: reference},
					ledger.Return{Participant: p, Reference: reference},
					ledger.Return{Reference: reference},
					ledger.Approve{Participant: p, Reference: reference},
					ledger.Approve{Reference: reference},
				}).Draw(t, "body"))
			}
			apply(bodies...)
			v := l.View()
			books(t, v)
			if bank := v.Account(torg.AccountBank).Balance; bank != went.Sub(came) {
				t.Fatalf("the bank has %s, %s came and %s went", bank, came, went)
			}
			for _, p := range names {
				var open torg.Cost
				for _, w := range v.Withdrawals(p) {
					open = open.Add(w.Amount.Cost())
				}
				if available, reserved, _ := v.Balance(p); reserved != open || available.Sign() < 0 {
					t.Fatalf("%s has %s available and %s reserved for withdrawals of %s", p, available, reserved, open)
				}
			}
			if rapid.IntRange(0, 5).Draw(t, "reload") == 0 {
				again := ledger.New(kv)
				if err := again.Load(); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(again.View().Accounts(), v.Accounts()) || !slices.Equal(again.View().Pending(), v.Pending()) {
					t.Fatal("a reloaded ledger has other books")
				}
				l = again
			}
			at = at.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "hours")) * time.Hour)
		}
	})
}
