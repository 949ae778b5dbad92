package decide

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"torg"
	"torg/decide/decidepb"
)

// The largest messages: sites of one request, decisions of one answer, bytes of a
// text, arguments of a decision, and energy in Wh that an interval can leave open.
const (
	MaxSituations = 20_000
	maxText       = 64
	maxArgs       = 16
	maxOpen       = torg.Energy(1_000_000_000_000_000)
)

// EncodeRequest writes a request in the published contract.
func EncodeRequest(r Request) ([]byte, error) {
	m := &decidepb.Request{
		Session: r.Session, Slot: int64(r.Slot), SlotStartMs: r.SlotStart.UnixMilli(),
		IntervalMs: r.Interval.Milliseconds(), Discovery: int32(r.Discovery),
		DeadlineMs: r.Deadline.UnixMilli(), Levels: Levels[:],
		Situations: make([]*decidepb.Situation, len(r.Situations)),
	}
	for i := range r.Situations {
		m.Situations[i] = situationToProto(&r.Situations[i])
	}
	return proto.Marshal(m)
}

func situationToProto(s *Situation) *decidepb.Situation {
	m := &decidepb.Situation{
		Site: string(s.Site), Participant: string(s.Participant), Role: string(s.Role),
		Goal: s.Goal, Strategy: s.Strategy, QuantilesWh: make([]int64, len(s.Quantiles)),
		CarryWh: int64(s.Carry), RestWh: int64(s.Rest), ShortPrice: int64(s.Short), LongPrice: int64(s.Long),
		Limits: &decidepb.Limits{
			Buy: s.Limits.Buy, Sell: s.Limits.Sell, MaxEnergyWh: int64(s.Limits.MaxEnergy),
			MaxBuyPrice: int64(s.Limits.MaxBuy), MinSellPrice: int64(s.Limits.MinSell),
		},
	}
	for i, q := range s.Quantiles {
		m.QuantilesWh[i] = int64(q)
	}
	if s.HasExpected {
		m.ExpectedPrice = proto.Int64(int64(s.Expected))
	}
	if f := s.Refused; f != nil {
		m.Refused = &decidepb.Refused{
			Side: decidepb.Side(f.Side), LeftWh: int64(f.Left), LimitPrice: int64(f.Limit),
			Reason: string(f.Reason), WouldTradePrice: int64(f.WouldTrade),
		}
	}
	return m
}

// DecodeRequest reads a request and refuses one that is not of the contract. One bad
// situation is dropped, so that its site falls back to the safe default and the
// others do not suffer.
func DecodeRequest(b []byte) (Request, error) {
	var m decidepb.Request
	if err := proto.Unmarshal(b, &m); err != nil {
		return Request{}, fmt.Errorf("decision request: %w", torg.ErrMalformed)
	}
	switch {
	case len(m.Situations) > MaxSituations:
		return Request{}, fmt.Errorf("decision request: %d sites: %w", len(m.Situations), torg.ErrTooLarge)
	case !slices.Equal(m.Levels, Levels[:]):
		return Request{}, fmt.Errorf("decision request: quantile levels %v: %w", m.Levels, torg.ErrMalformed)
	case m.Discovery != 1 && m.Discovery != 2:
		return Request{}, fmt.Errorf("decision request: discovery %d is neither 1 nor 2: %w", m.Discovery, torg.ErrMalformed)
	}
	r := Request{
		Session: m.Session, Slot: torg.Slot(m.Slot), SlotStart: time.UnixMilli(m.SlotStartMs).UTC(),
		Interval: time.Duration(m.IntervalMs) * time.Millisecond, Discovery: int(m.Discovery),
		Deadline: time.UnixMilli(m.DeadlineMs).UTC(), Situations: make([]Situation, 0, len(m.Situations)),
	}
	for _, p := range m.Situations {
		if s, ok := situationFromProto(p); ok {
			r.Situations = append(r.Situations, s)
		}
	}
	return r, nil
}

func situationFromProto(m *decidepb.Situation) (Situation, bool) {
	l := m.GetLimits()
	s := Situation{
		Site: torg.SiteID(m.Site), Participant: torg.ParticipantID(m.Participant), Role: torg.Role(m.Role),
		Goal: m.Goal, Strategy: m.Strategy, Carry: torg.Energy(m.CarryWh), Rest: torg.Energy(m.RestWh),
		Short: torg.Price(m.ShortPrice), Long: torg.Price(m.LongPrice),
		Limits: torg.Limits{
			Buy: l.GetBuy(), Sell: l.GetSell(), MaxEnergy: torg.Energy(l.GetMaxEnergyWh()),
			MaxBuy: torg.Price(l.GetMaxBuyPrice()), MinSell: torg.Price(l.GetMinSellPrice()),
		},
	}
	if len(m.QuantilesWh) != len(s.Quantiles) {
		return Situation{}, false
	}
	for i, q := range m.QuantilesWh {
		s.Quantiles[i] = torg.Energy(q)
	}
	if m.ExpectedPrice != nil {
		s.Expected, s.HasExpected = torg.Price(*m.ExpectedPrice), true
	}
	if f := m.Refused; f != nil {
		side, ok := sideFromProto(f.Side)
		if !ok {
			return Situation{}, false
		}
		s.Refused = &Refused{
			Side: side, Left: torg.Energy(f.LeftWh), Limit: torg.Price(f.LimitPrice),
			Reason: torg.Reason(f.Reason), WouldTrade: torg.Price(f.WouldTradePrice),
		}
	}
	return s, s.plausible()
}

// plausible says whether strategies can count with the situation: energies far from
// overflow, quantiles that never fall, legal prices, texts of a size.
func (s *Situation) plausible() bool {
	for _, text := range []string{string(s.Site), string(s.Participant), string(s.Role), s.Goal, s.Strategy} {
		if len(text) > maxText {
			return false
		}
	}
	energies := []torg.Energy{s.Quantiles[0], s.Quantiles[len(s.Quantiles)-1], s.Carry, s.Rest}
	prices := []torg.Price{s.Long, s.Short, s.Expected}
	if s.Refused != nil {
		if s.Refused.Left < 1 {
			return false
		}
		energies, prices = append(energies, s.Refused.Left), append(prices, s.Refused.Limit, s.Refused.WouldTrade)
	}
	for _, e := range energies {
		if e < -maxOpen || e > maxOpen {
			return false
		}
	}
	for _, p := range prices {
		if p < torg.MinPrice || p > torg.MaxPrice {
			return false
		}
	}
	return slices.IsSorted(s.Quantiles[:]) && s.Long <= s.Short
}

func sideFromProto(s decidepb.Side) (torg.Side, bool) {
	switch s {
	case decidepb.Side_SIDE_BUY:
		return torg.Buy, true
	case decidepb.Side_SIDE_SELL:
		return torg.Sell, true
	}
	return 0, false
}

// EncodeAnswer writes decisions in the published contract.
func EncodeAnswer(decisions []Decision) ([]byte, error) {
	m := &decidepb.Answer{Decisions: make([]*decidepb.Decision, len(decisions))}
	for i, d := range decisions {
		p := &decidepb.Decision{
			Site: string(d.Site), Quantile: d.Quantile, Strategy: d.Strategy, Reason: d.Reason, Args: d.Args,
		}
		if d.Order {
			p.Order = &decidepb.Order{
				Side: decidepb.Side(d.Side), EnergyWh: int64(d.Energy), LimitPrice: int64(d.Limit), Prefer: d.Prefer,
			}
		}
		m.Decisions[i] = p
	}
	return proto.Marshal(m)
}

// DecodeAnswer reads a decision program's answer. Decisions are read one by one: a
// bad one is dropped, so that its site falls back to the safe default and the others
// do not suffer.
func DecodeAnswer(b []byte) ([]Decision, error) {
	var out []Decision
	for len(b) > 0 {
		field, wire, tag := protowire.ConsumeTag(b)
		if tag < 0 {
			return nil, fmt.Errorf("decision answer: %w", torg.ErrMalformed)
		}
		size := protowire.ConsumeFieldValue(field, wire, b[tag:])
		if size < 0 {
			return nil, fmt.Errorf("decision answer: %w", torg.ErrMalformed)
		}
		value := b[tag : tag+size]
		b = b[tag+size:]
		if field != decisionsField || wire != protowire.BytesType {
			continue
		}
		body, _ := protowire.ConsumeBytes(value)
		var m decidepb.Decision
		if proto.Unmarshal(body, &m) != nil {
			continue
		}
		if d, ok := decisionFromProto(&m); ok {
			if len(out) == MaxSituations {
				return nil, fmt.Errorf("decision answer: more than %d decisions: %w", MaxSituations, torg.ErrTooLarge)
			}
			out = append(out, d)
		}
	}
	return out, nil
}

// decisionsField is the number of Answer.decisions.
const decisionsField = 1

func decisionFromProto(m *decidepb.Decision) (Decision, bool) {
	d := Decision{
		Site: torg.SiteID(m.Site), Quantile: m.Quantile, Strategy: m.Strategy, Reason: m.Reason, Args: m.Args,
	}
	if len(d.Site) > maxText || len(d.Strategy) > maxText || len(d.Reason) > maxText || len(d.Args) > maxArgs ||
		!(d.Quantile >= 0 && d.Quantile <= 1) {
		return Decision{}, false
	}
	for k, v := range d.Args {
		if len(k) > maxText || len(v) > maxText {
			return Decision{}, false
		}
	}
	if o := m.Order; o != nil {
		side, ok := sideFromProto(o.Side)
		if !ok || len(o.Prefer) > torg.MaxPreferences {
			return Decision{}, false
		}
		d.Order, d.Side = true, side
		d.Energy, d.Limit, d.Prefer = torg.Energy(o.EnergyWh), torg.Price(o.LimitPrice), o.Prefer
	}
	return d, true
}
