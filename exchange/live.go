package exchange

import (
	"slices"

	"torg"
	"torg/ledger"
	"torg/record"
)

// Now returns the market at this moment.
func (x *Exchange) Now() record.Now {
	x.mu.Lock()
	n := x.now
	x.mu.Unlock()
	n.Time = x.cfg.Clock.Now()
	n.Agents = x.cfg.Host.Now()
	n.Halted = x.cfg.Host.Halted()
	owner := make(map[torg.SiteID]torg.ParticipantID, len(x.cfg.Sites))
	for _, s := range x.cfg.Sites {
		owner[s.ID] = s.Participant
	}
	x.cfg.Chain.View(func(v ledger.View) {
		for i := range n.Agents {
			a := &n.Agents[i]
			a.Available, a.Reserved, _ = v.Balance(owner[a.Site])
		}
	})
	return n
}

// Changed returns a channel that is closed at the next change of Now.
func (x *Exchange) Changed() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.changed
}

func (x *Exchange) update(f func(*record.Now)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f(&x.now)
	close(x.changed)
	x.changed = make(chan struct{})
}

// Touch tells the pages that an agent's settings changed.
func (x *Exchange) Touch() { x.update(func(*record.Now) {}) }

// Problem shows or removes a problem, a key of the message catalogue, on every
// page.
func (x *Exchange) Problem(key string, there bool) {
	x.mu.Lock()
	known := slices.Contains(x.now.Problems, key)
	x.mu.Unlock()
	if known == there {
		return
	}
	x.update(func(n *record.Now) {
		problems := slices.DeleteFunc(slices.Clone(n.Problems), func(k string) bool { return k == key })
		if there {
			problems = append(problems, key)
		}
		n.Problems = problems
	})
}

func (x *Exchange) opened(slot torg.Slot) {
	cal := x.cfg.Genesis.Calendar
	id := cal.Session(slot)
	x.update(func(n *record.Now) {
		n.Session, n.Slot, n.SlotStart, n.Opened = id, slot, cal.Start(slot), cal.Opens(slot)
		n.Gate1, n.Gate2 = cal.GateClosure(slot, 1), cal.GateClosure(slot, 2)
		n.State, n.Rounds = record.Open, nil
	})
	x.cfg.Recorder.Opened(record.Session{
		ID: id, Slot: slot, SlotStart: cal.Start(slot), State: record.Open, Origin: record.OnLedger,
	})
	x.say(message(x.cfg.Clock.Now(), id, record.Information, "cfp", "exchange", "agents", record.SaidOpened))
}

// observe takes in what a block did.
func (x *Exchange) observe(c ledger.Committed) {
	x.cfg.Host.Observe(c)
	var stood []torg.Slot // slots whose gate nobody was there to keep
	for _, e := range c.Events {
		switch {
		case e.Cleared != nil:
			x.cleared(e.Cleared)
		case e.Missed != nil && x.cfg.Genesis.Calendar.GateClosure(e.Missed.Slot, e.Missed.Discovery).Before(x.born):
			stood = append(stood, e.Missed.Slot)
		case e.Missed != nil:
			x.missed(e.Missed)
		}
	}
	if cal := x.cfg.Genesis.Calendar; len(stood) > 0 {
		first, last := slices.Min(stood), slices.Max(stood)
		x.cfg.Log.Warn("nothing was traded while the market stood still", "from", cal.Start(first), "to", cal.End(last), "sessions", last-first+1)
	}
	x.update(func(n *record.Now) { n.Height = c.Height })
	x.say(x.messages(c)...)
}

func (x *Exchange) cleared(c *ledger.Cleared) {
	cal := x.cfg.Genesis.Calendar
	session := cal.Session(c.Slot)
	if gate := cal.GateClosure(c.Slot, c.Discovery); !gate.Before(x.born) {
		x.cfg.Recorder.Gate(session, c.Discovery, x.cfg.Clock.Now().Sub(gate))
	}
	x.update(func(n *record.Now) {
		if n.Session == session {
			n.State = record.Round2
			if c.Discovery == 2 {
				n.State = record.Active
			}
			n.Rounds = addRounds(n.Rounds, c.Contracts)
		}
		if n.PriceOf != session {
			n.PriceOf, n.Prices, n.Flows = session, nil, nil
			n.Import, n.Export, n.InsideEnergy = 0, 0, 0
		}
		n.InsidePrice, n.InsideEnergy = withInside(n.InsidePrice, n.InsideEnergy, c.Contracts)
		prices := slices.Clone(n.Prices)
		for _, p := range c.Outcome.Prices {
			prices = append(prices, record.Price{Discovery: c.Discovery, Zone: p.Zone, Price: p.Price})
		}
		n.Prices = prices
		flows := slices.Clone(n.Flows)
		for _, f := range c.Outcome.Flows {
			flows = append(flows, record.Flow{Discovery: c.Discovery, From: f.From, To: f.To, Energy: f.Energy})
		}
		n.Flows = flows
		n.Import, n.Export = n.Import+c.Outcome.Import, n.Export+c.Outcome.Export
	})
}

func (x *Exchange) missed(m *ledger.Missed) {
	session := x.cfg.Genesis.Calendar.Session(m.Slot)
	x.cfg.Log.Warn("session missed", "session", session, "discovery", m.Discovery)
	x.update(func(n *record.Now) {
		if m.Discovery == 1 {
			n.Missed++
		}
		if n.Session != session {
			return
		}
		n.State = record.Missed
		if m.Discovery == 2 {
			n.State = record.Active
		}
	})
}

// withInside counts contracts between participants into their average price: midway
// between what buyers pay and sellers get, rounded towards zero.
func withInside(price torg.Price, energy torg.Energy, contracts []torg.Contract) (torg.Price, torg.Energy) {
	cost := energy.At(price)
	for _, c := range contracts {
		if c.Round < 3 {
			energy += c.Energy
			cost = cost.Add(c.Energy.At(torg.Midpoint(c.BuyerPrice, c.SellerPrice)))
		}
	}
	return cost.Per(energy), energy
}

// addRounds returns rounds with contracts counted in.
func addRounds(rounds []record.Round, contracts []torg.Contract) []record.Round {
	sums := slices.Clone(rounds)
	for _, c := range contracts {
		i := slices.IndexFunc(sums, func(r record.Round) bool { return r.Round == c.Round })
		if i < 0 {
			sums, i = append(sums, record.Round{Round: c.Round}), len(sums)
		}
		sums[i].Contracts++
		sums[i].Energy += c.Energy
	}
	slices.SortFunc(sums, func(a, b record.Round) int { return a.Round - b.Round })
	return sums
}

// showRules shows lines and quotes as the session that opens has them.
func (x *Exchange) showRules(r ledger.Rules) {
	x.update(func(n *record.Now) { showGrid(n, r.Complex) })
}

func showGrid(n *record.Now, c torg.Complex) {
	n.Lines = c.Lines
	if q := c.Supplier; q != nil {
		n.Supplier = &record.SupplierQuotes{ID: q.Participant, Zone: q.Zone, Sell: q.Sell, Buy: q.Buy}
		n.ImportMax, n.ExportMax = q.Import, q.Export
	}
}
