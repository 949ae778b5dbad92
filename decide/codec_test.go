package decide

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"torg"
	"torg/decide/decidepb"
)

func TestRequestsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "start")).UTC()
		q := Request{
			Session: "20260112T090000Z", Slot: torg.Slot(rapid.Int64().Draw(t, "slot")), SlotStart: start, Interval: 30 * time.Second,
			Discovery: rapid.IntRange(1, 2).Draw(t, "discovery"), Deadline: start.Add(-time.Second), Situations: []Situation{},
		}
		for range rapid.IntRange(0, 4).Draw(t, "sites") {
			s := drawSituation(t)
			if rapid.Bool().Draw(t, "refused") {
				s.Refused = drawRefused(t)
			}
			if !s.HasExpected {
				s.Expected = 0
			}
			q.Situations = append(q.Situations, s)
		}
		b, err := EncodeRequest(q)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeRequest(b); err != nil || !reflect.DeepEqual(back, q) {
			t.Fatalf("%v\n%+v\nbecame\n%+v", err, q, back)
		}
	})
}

func drawDecision(t *rapid.T) Decision {
	text := rapid.StringMatching(`[a-zа-я_]{0,20}`)
	d := Decision{
		Site: torg.SiteID(text.Draw(t, "site")), Quantile: rapid.Float64Range(0, 1).Draw(t, "quantile"),
		Strategy: text.Draw(t, "strategy"), Reason: text.Draw(t, "reason"),
		Args: rapid.MapOfN(text, text, 0, maxArgs).Draw(t, "args"),
	}
	if len(d.Args) == 0 {
		d.Args = nil
	}
	if d.Order = rapid.Bool().Draw(t, "order"); d.Order {
		d.Side = drawSide(t)
		d.Energy, d.Limit = drawEnergy(t, "energy", math.MinInt64, math.MaxInt64), drawPrice(t, "limit", math.MinInt64, math.MaxInt64)
		if d.Prefer = rapid.SliceOfN(text, 0, torg.MaxPreferences).Draw(t, "prefer"); len(d.Prefer) == 0 {
			d.Prefer = nil
		}
	}
	return d
}

func TestAnswersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decisions := rapid.SliceOfN(rapid.Custom(drawDecision), 1, 5).Draw(t, "decisions")
		b, err := EncodeAnswer(decisions)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeAnswer(b); err != nil || !reflect.DeepEqual(back, decisions) {
			t.Fatalf("%v\n%+v\nbecame\n%+v", err, decisions, back)
		}
	})
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// good is a request about one consumer, as the contract has it.
func good(t testing.TB) *decidepb.Request {
	t.Helper()
	b, err := EncodeRequest(Request{
		Session: "20260112T090000Z", Slot: 1, Interval: 30 * time.Second, Discovery: 2,
		Situations: []Situation{with(consumer(), func(s *Situation) { s.Refused = &Refused{Side: torg.Buy, Left: 10, Limit: 3} })},
	})
	if err != nil {
		t.Fatal(err)
	}
	var m decidepb.Request
	if err := proto.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return &m
}

func TestBadRequests(t *testing.T) {
	if _, err := DecodeRequest([]byte("no protobuf")); torg.RefusalOf(err) != torg.ErrMalformed {
		t.Errorf("noise: %v", err)
	}
	for want, spoil := range map[string]func(*decidepb.Request){
		"quantile levels": func(m *decidepb.Request) { m.Levels = m.Levels[:6] },
		"levels [0.06":    func(m *decidepb.Request) { m.Levels[0] = 0.06 },
		"discovery 3":     func(m *decidepb.Request) { m.Discovery = 3 },
		"discovery 0":     func(m *decidepb.Request) { m.Discovery = 0 },
		"20001 sites":     func(m *decidepb.Request) { m.Situations = make([]*decidepb.Situation, MaxSituations+1) },
	} {
		m := good(t)
		spoil(m)
		if _, err := DecodeRequest(encode(t, m)); err == nil || !strings.Contains(err.Error(), want) || torg.RefusalOf(err) == "" {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOneBadSituationHarmsNoOther(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	for name, spoil := range map[string]func(*decidepb.Situation){
		"a quantile is missing":   func(m *decidepb.Situation) { m.QuantilesWh = m.QuantilesWh[1:] },
		"quantiles fall":          func(m *decidepb.Situation) { m.QuantilesWh[3] = 0 },
		"quantiles overflow":      func(m *decidepb.Situation) { m.QuantilesWh[6] = math.MaxInt64 },
		"the carry overflows":     func(m *decidepb.Situation) { m.CarryWh = math.MinInt64 },
		"the rest overflows":      func(m *decidepb.Situation) { m.RestWh = math.MaxInt64 },
		"short is below long":     func(m *decidepb.Situation) { m.ShortPrice = m.LongPrice - 1 },
		"a price is none":         func(m *decidepb.Situation) { m.ShortPrice = int64(torg.MaxPrice) + 1 },
		"what is left is nothing": func(m *decidepb.Situation) { m.Refused.LeftWh = 0 },
		"what is left overflows":  func(m *decidepb.Situation) { m.Refused.LeftWh = math.MaxInt64 },
		"the refused has no side": func(m *decidepb.Situation) { m.Refused.Side = 257 },
		"an id is long":           func(m *decidepb.Situation) { m.Site = long },
		"a strategy is long":      func(m *decidepb.Situation) { m.Strategy = long },
		"a goal is long":          func(m *decidepb.Situation) { m.Goal = long },
	} {
		m := good(t)
		bad := proto.Clone(m.Situations[0]).(*decidepb.Situation)
		spoil(bad)
		m.Situations = []*decidepb.Situation{bad, m.Situations[0]}
		q, err := DecodeRequest(encode(t, m))
		if err != nil || len(q.Situations) != 1 || q.Situations[0].Site != "foundry-1" || q.Situations[0].Quantiles != consumer().Quantiles {
			t.Errorf("%s: %d situations are left, %v", name, len(q.Situations), err)
		}
	}
}

func TestOneBadDecisionHarmsNoOther(t *testing.T) {
	right := &decidepb.Decision{Site: "a", Order: &decidepb.Order{Side: decidepb.Side_SIDE_BUY, EnergyWh: 5, LimitPrice: 7}}
	long := strings.Repeat("x", maxText+1)
	many := map[string]string{}
	for i := range maxArgs + 1 {
		many[strings.Repeat("k", i)] = ""
	}
	notUTF8 := protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), []byte{0xff})
	for name, body := range map[string][]byte{
		"no side":             encode(t, &decidepb.Decision{Site: "b", Order: &decidepb.Order{EnergyWh: 5}}),
		"side 257":            encode(t, &decidepb.Decision{Site: "b", Order: &decidepb.Order{Side: 257, EnergyWh: 5}}),
		"no quantile":         encode(t, &decidepb.Decision{Site: "b", Quantile: math.NaN()}),
		"a quantile above 1":  encode(t, &decidepb.Decision{Site: "b", Quantile: 1.01}),
		"a quantile below 0":  encode(t, &decidepb.Decision{Site: "b", Quantile: -0.01}),
		"a long site":         encode(t, &decidepb.Decision{Site: long}),
		"a long reason":       encode(t, &decidepb.Decision{Site: "b", Reason: long}),
		"a long strategy":     encode(t, &decidepb.Decision{Site: "b", Strategy: long}),
		"a long key":          encode(t, &decidepb.Decision{Site: "b", Args: map[string]string{long: ""}}),
		"a long value":        encode(t, &decidepb.Decision{Site: "b", Args: map[string]string{"": long}}),
		"many arguments":      encode(t, &decidepb.Decision{Site: "b", Args: many}),
		"many preferences":    encode(t, &decidepb.Decision{Site: "b", Order: &decidepb.Order{Side: 1, Prefer: make([]string, torg.MaxPreferences+1)}}),
		"a reason not UTF-8":  notUTF8,
		"a decision of noise": []byte{0xff, 0xff},
	} {
		answer := encode(t, &decidepb.Answer{Decisions: []*decidepb.Decision{right}})
		answer = protowire.AppendBytes(protowire.AppendTag(answer, decisionsField, protowire.BytesType), body)
		answer = append(answer, encode(t, &decidepb.Answer{Decisions: []*decidepb.Decision{right}})...)
		d, err := DecodeAnswer(answer)
		if err != nil || len(d) != 2 || d[0].Site != "a" || d[1].Site != "a" || d[0].Energy != 5 || d[0].Side != torg.Buy {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func TestBadAnswers(t *testing.T) {
	for name, b := range map[string][]byte{
		"noise":      []byte("no protobuf"),
		"cut short":  encode(t, &decidepb.Answer{Decisions: []*decidepb.Decision{{Site: "abcdef"}}})[:4],
		"cut tag":    {0x80},
		"open group": {0x0b},
	} {
		if d, err := DecodeAnswer(b); torg.RefusalOf(err) != torg.ErrMalformed {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	if _, err := DecodeAnswer(bytes.Repeat([]byte{0x0a, 0}, MaxSituations+1)); torg.RefusalOf(err) != torg.ErrTooLarge {
		t.Errorf("many decisions: %v", err)
	}
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 9, protowire.VarintType), 1)
	if d, err := DecodeAnswer(unknown); err != nil || len(d) != 0 {
		t.Errorf("a field of a later contract: %+v, %v", d, err)
	}
}

// Whatever a stranger sends as a request is refused or answered, without a panic, and
// the answer can be sent.
func FuzzDecodeRequest(f *testing.F) {
	f.Add(encode(f, good(f)))
	f.Add([]byte("no protobuf"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := DecodeRequest(b)
		if err != nil {
			return
		}
		decisions, err := Local{}.Decide(t.Context(), q)
		if err != nil || len(decisions) != len(q.Situations) {
			t.Fatalf("%d situations, %d decisions, %v", len(q.Situations), len(decisions), err)
		}
		answer, err := EncodeAnswer(decisions)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeAnswer(answer); err != nil || len(back) != len(decisions) {
			t.Fatalf("%d of %d of our own decisions can be read, %v", len(back), len(decisions), err)
		}
		for _, s := range q.Situations {
			Safe(q.Discovery, s)
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add(encode(f, &decidepb.Answer{Decisions: []*decidepb.Decision{{Site: "a", Order: &decidepb.Order{Side: 1, EnergyWh: 5, LimitPrice: 7, Prefer: []string{"solar"}}, Args: map[string]string{"k": "v"}}}}))
	f.Add([]byte{0x0a, 0x00, 0x0b})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		decisions, err := DecodeAnswer(b)
		if err != nil {
			return
		}
		again, err := EncodeAnswer(decisions)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeAnswer(again)
		if err != nil || len(back) != len(decisions) {
			t.Fatalf("%d decisions became %d, %v", len(decisions), len(back), err)
		}
	})
}
