package ledger_test

import (
	"crypto"
	"slices"
	"sync"
	"testing"
	"time"

	"torg"
	"torg/canon"
	"torg/ledger"
	"torg/sign"
)

// manyKeys are keys of which no two of the first sixteen owners share one.
var manyKeys = sync.OnceValue(func() sign.Keyring { return sign.NewPooledKeys(16) })

// spare returns a key under a name, and its DER.
func (b *bench) spare(name string) (crypto.Signer, []byte) {
	b.t.Helper()
	key, err := b.keys.Owner(torg.ParticipantID(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return key, b.ownerKey(name)
}

// newKey is a key of that name, with its proof for a participant's n-th change of keys.
func (b *bench) newKey(of torg.ParticipantID, sequence uint32, name string) ledger.NewKey {
	b.t.Helper()
	key, der := b.spare(name)
	proof, err := sign.Sign(key, ledger.KeyMessage(b.g.ChainID, of, sequence, der))
	if err != nil {
		b.t.Fatal(err)
	}
	return ledger.NewKey{Key: der, Proof: proof}
}

func (b *bench) fingerprint(name string) torg.Fingerprint { return sign.Fingerprint(b.ownerKey(name)) }

// signedBy is a transaction signed by the key of that name, whoever ought to sign it.
func (b *bench) signedBy(name string, body ledger.Body) []byte {
	b.t.Helper()
	key, _ := b.spare(name)
	tx, err := ledger.Encode(b.g.ChainID, body, key)
	if err != nil {
		b.t.Fatal(err)
	}
	return tx
}

// code applies one transaction and returns its code.
func (b *bench) code(at time.Time, tx []byte) torg.Refusal { return b.raw(at, tx).Codes[0] }

// reloaded checks that a ledger taken up from what is committed has the same state, and
// goes on with it.
func (b *bench) reloaded() {
	b.t.Helper()
	l := ledger.New(b.kv)
	if err := l.Load(); err != nil {
		b.t.Fatal(err)
	}
	next := ledger.Block{Height: b.height + 1, Time: b.l.View().Time().Add(time.Second)}
	b.l.Apply(next)
	l.Apply(next)
	want, got := changes(b.l), changes(l)
	if !slices.EqualFunc(want, got, slices.Equal) {
		b.t.Errorf("after %d blocks a reloaded ledger writes %x, not %x", b.height, got, want)
	}
	b.l.Discard()
	if x, y := b.l.View(), l.View(); x.Height() != y.Height() || !slices.Equal(x.Accounts(), y.Accounts()) {
		b.t.Errorf("a reloaded ledger has other accounts: %v, not %v", y.Accounts(), x.Accounts())
	}
	b.l = l
	b.l.Discard()
}

func changes(l *ledger.Ledger) (list [][]byte) {
	for k, v := range l.Changes() {
		list = append(list, k, v)
	}
	return list
}

// A key is added, signs, takes over and signs on; what the old one granted stays.
func TestKeysAreRotated(t *testing.T) {
	b := signedBench(t, manyKeys())
	at := b.at(0, 0.01)
	b.block(at, ledger.Keys{Participant: "foundry", Sequence: 1, Add: []ledger.NewKey{b.newKey("foundry", 1, "second")}})
	b.reloaded()
	withdraw := func(reference string) ledger.Withdraw {
		return ledger.Withdraw{Participant: "foundry", Amount: 1_00, Reference: reference}
	}
	if c := b.code(at, b.signedBy("second", withdraw("by second"))); c != "" {
		t.Fatalf("the second key may not sign: %s", c)
	}
	if c := b.code(at, b.signedBy("foundry", withdraw("by first"))); c != "" {
		t.Fatalf("the first key may sign no longer: %s", c)
	}
	e := b.code(at, b.signedBy("second", ledger.Keys{Participant: "foundry", Sequence: 2, Remove: []torg.Fingerprint{b.fingerprint("foundry")}}))
	if e != "" {
		t.Fatalf("removing the first key: %s", e)
	}
	if c := b.code(at, b.signedBy("foundry", withdraw("too late"))); c != torg.ErrBadSignature {
		t.Errorf("a removed key signs: %q", c)
	}
	keys := b.l.View().OwnerKeys("foundry")
	if len(keys) != 2 || keys[0].Ended != b.height-1 || keys[1].Ended != 0 || b.l.View().KeySequence("foundry") != 2 {
		t.Errorf("keys %+v after block %d", keys, b.height)
	}
	if got := b.l.View().OwnerKey("foundry"); !slices.Equal(got, b.ownerKey("second")) {
		t.Error("the live key is not the second one")
	}
	// The mandate that the first key signed stands, until a live key ends it.
	b.block(at, b.orders(b.order(0, 1, "foundry", torg.Sell, kWh, "5")))
	m, _ := b.l.View().Mandate("foundry")
	revoke := ledger.Revoke{Participant: "foundry", Site: "foundry", AgentKey: m.AgentKey}
	if c := b.code(at, b.signedBy("foundry", revoke)); c != torg.ErrBadSignature {
		t.Errorf("a removed key revokes: %q", c)
	}
	if c := b.code(at, b.signedBy("second", revoke)); c != "" {
		t.Errorf("the live key may not revoke: %s", c)
	}
	b.reloaded()
	// The state proves both keys: what the first one signed is still signed.
	raw := b.kv.Get(ledger.OwnerKey("foundry"))
	all, err := ledger.ParseOwners(raw)
	if err != nil || len(all) != 2 || !slices.Equal(all[0], b.ownerKey("foundry")) || !slices.Equal(all[1], b.ownerKey("second")) {
		t.Errorf("%d keys in the state's record: %v", len(all), err)
	}
}

// Everything that is refused about keys, one by one; nothing of it changes the state.
func TestKeyRefusals(t *testing.T) {
	b := signedBench(t, manyKeys())
	at := b.at(0, 0.01)
	b.block(at, ledger.Keys{Participant: "foundry", Sequence: 1, Add: []ledger.NewKey{b.newKey("foundry", 1, "second")}})
	before := dump(b)
	weak := b.newKey("foundry", 2, "third")
	weak.Key = []byte("no key")
	tooMany := make([]ledger.NewKey, 0, ledger.MaxLiveKeys)
	for i := range ledger.MaxLiveKeys - 1 {
		tooMany = append(tooMany, b.newKey("foundry", 2, string(rune('a'+i))))
	}
	for _, c := range []struct {
		name   string
		signer string
		body   ledger.Keys
		want   torg.Refusal
	}{
		{"nobody", "foundry", ledger.Keys{Participant: "nobody", Sequence: 1, Remove: []torg.Fingerprint{{}}}, torg.ErrUnknown},
		{"nothing", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2}, torg.ErrMalformed},
		{"repeated", "foundry", ledger.Keys{Participant: "foundry", Sequence: 1, Add: []ledger.NewKey{b.newKey("foundry", 1, "third")}}, torg.ErrDuplicate},
		{"left out", "foundry", ledger.Keys{Participant: "foundry", Sequence: 3, Add: []ledger.NewKey{b.newKey("foundry", 3, "third")}}, torg.ErrDuplicate},
		{"stranger", "third", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 2, "third")}}, torg.ErrBadSignature},
		{"another owner", "factory", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 2, "third")}}, torg.ErrBadSignature},
		{"no key", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{weak}}, torg.ErrBadKey},
		{"not possessed", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{{Key: b.ownerKey("third"), Proof: b.newKey("foundry", 2, "fourth").Proof}}}, torg.ErrBadSignature},
		{"possessed for another", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("factory", 2, "third")}}, torg.ErrBadSignature},
		{"possessed before", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 1, "third")}}, torg.ErrBadSignature},
		{"there already", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 2, "second")}}, torg.ErrExists},
		{"twice", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 2, "third"), b.newKey("foundry", 2, "third")}}, torg.ErrExists},
		{"unknown key", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Remove: []torg.Fingerprint{b.fingerprint("third")}}, torg.ErrUnknown},
		{"removed twice", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Remove: []torg.Fingerprint{b.fingerprint("second"), b.fingerprint("second")}}, torg.ErrUnknown},
		{"the last ones", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Remove: []torg.Fingerprint{b.fingerprint("foundry"), b.fingerprint("second")}}, torg.ErrLastKey},
		{"too many", "foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Add: tooMany}, torg.ErrTooLarge},
	} {
		tx := b.signedBy(c.signer, c.body)
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

// A change of keys counts once, however often it is sent, and on its chain only.
func TestKeysAreNotReplayed(t *testing.T) {
	b := signedBench(t, manyKeys())
	at := b.at(0, 0.01)
	add := b.encode(ledger.Keys{Participant: "foundry", Sequence: 1, Add: []ledger.NewKey{b.newKey("foundry", 1, "second")}})
	remove := b.signedBy("foundry", ledger.Keys{Participant: "foundry", Sequence: 2, Remove: []torg.Fingerprint{b.fingerprint("second")}})
	if codes := b.raw(at, add, add, remove, remove, add).Codes; !slices.Equal(codes, []torg.Refusal{"", torg.ErrDuplicate, "", torg.ErrDuplicate, torg.ErrDuplicate}) {
		t.Errorf("codes %q", codes)
	}
	again := ledger.Keys{Participant: "foundry", Sequence: 3, Add: []ledger.NewKey{b.newKey("foundry", 3, "second")}}
	if c := b.try(at, again)[0]; c != torg.ErrExists {
		t.Errorf("a removed key comes back: %q", c)
	}
	key, _ := b.spare("foundry")
	other, err := ledger.Encode("other", ledger.Withdraw{Participant: "foundry", Amount: 1, Reference: "x"}, key)
	if err != nil {
		t.Fatal(err)
	}
	if c := b.code(at, other); c != torg.ErrBadSignature {
		t.Errorf("another chain's signature: %q", c)
	}
}

// A participant has at most 64 keys in its life, and the ledger says so.
func TestOwnerKeysAreBounded(t *testing.T) {
	b := signedBench(t, manyKeys())
	at := b.at(0, 0.01)
	with := func(ended int) { // foundry has its key and so many that ended
		var w canon.Writer
		w.Blob(b.ownerKey("foundry"))
		canon.AppendList(&w, []string{"foundry"}, (*canon.Writer).String)
		w.U32(1)
		w.I64(0)
		w.Count(ended)
		for i := range ended {
			w.Blob([]byte{byte(i)})
			w.I64(1)
		}
		b.kv.Set(ledger.OwnerKey("foundry"), w.Bytes())
		b.l = ledger.New(b.kv)
		if err := b.l.Load(); err != nil {
			t.Fatal(err)
		}
	}
	add := ledger.Keys{Participant: "foundry", Sequence: 2, Add: []ledger.NewKey{b.newKey("foundry", 2, "second")}}
	with(ledger.MaxOwnerKeys - 1)
	if c := b.try(at, add)[0]; c != torg.ErrTooLarge {
		t.Errorf("a 65th key: %q", c)
	}
	with(ledger.MaxOwnerKeys - 2)
	if c := b.try(at, add)[0]; c != "" {
		t.Errorf("the 64th key: %q", c)
	}
	b.reloaded()
}

// Sites are added under any live key, and under no other.
func TestAdmissionUnderAnyLiveKey(t *testing.T) {
	b := signedBench(t, manyKeys())
	at := b.at(0, 0.01)
	b.block(at, ledger.Keys{
		Participant: "foundry", Sequence: 1, Add: []ledger.NewKey{b.newKey("foundry", 1, "second")}, Remove: []torg.Fingerprint{b.fingerprint("foundry")},
	})
	more := admit("foundry", 0, "base")[0].(ledger.Admit)
	more.Sites[0].ID = "foundry-2"
	more.OwnerKey = b.ownerKey("foundry")
	if c := b.try(at, more)[0]; c != torg.ErrExists {
		t.Errorf("sites under a removed key: %q", c)
	}
	more.OwnerKey = b.ownerKey("second")
	b.block(at, more)
	if n := len(b.l.View().OwnerKeys("foundry")); n != 2 {
		t.Errorf("%d keys after an admission", n)
	}
}

// An unsigned chain has no keys to change.
func TestNoKeysOnAnUnsignedChain(t *testing.T) {
	b := newBench(t, genesis())
	b.block(b.at(0, 0), admit("foundry", 1, "")...)
	if c := b.try(b.at(0, 0), ledger.Keys{Participant: "foundry", Sequence: 1, Remove: []torg.Fingerprint{{}}})[0]; c != torg.ErrMalformed {
		t.Errorf("keys: %q", c)
	}
}

func publicDER(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := sign.PublicDER(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}
