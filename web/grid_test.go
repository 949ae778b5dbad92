package web_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"torg"
	"torg/record"
	"torg/record/recordtest"
	"torg/web"
)

// acrossZones is a contract of the foundry that crosses the full line in the last
// cleared session.
func acrossZones(t *testing.T, m *recordtest.Market) string {
	t.Helper()
	for _, d := range m.Deals {
		if d.Session == "20261122T113000Z" && d.Seller == "foundry" && d.BuyerZone == "z1" {
			return string(d.ID)
		}
	}
	t.Fatal("the foundry sells nothing to z1")
	return ""
}

// plain is the text of a page, with one space between words.
func plain(body string) string {
	text := regexp.MustCompile(`(?s)<title>.*?</title>|<[^>]*>`).ReplaceAllString(body, " ")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u00a0", " ")), " ")
}

func says(t *testing.T, what, body string, words ...string) {
	t.Helper()
	text := plain(body)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q: %s", what, w, text)
		}
	}
}

func TestZonedPages(t *testing.T) {
	m := recordtest.NewZoned()
	h := web.New(config(m))
	for _, as := range []string{"", "operator", "foundry", "factory", "teplo"} {
		for _, lang := range web.Languages {
			for _, path := range append(pages, "/sessions/20261122T113000Z?zone=z3", "/sessions/20261122T113000Z?zone=nowhere") {
				w := get(h, path, "torg_as="+as, "torg_lang="+lang)
				if w.Code != 200 && w.Code != 404 && w.Code != 403 {
					t.Errorf("%s as %q: %d %s", path, as, w.Code, w.Body)
				}
				if key := regexp.MustCompile(`[ >(][a-z_]+\.[a-z_.]+\s*<|&lt;no value&gt;|NaN`).FindString(w.Body.String()); key != "" {
					t.Errorf("%s as %q in %s shows %s", path, as, lang, key)
				}
			}
		}
	}
}

// With one zone there is no word of zones and lines.
func TestOneZoneIsAsSimpleAsEver(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for _, path := range pages {
		for _, as := range []string{"operator", "factory"} {
			if word := regexp.MustCompile(`>[^<]*(?:\bz1\b|Зона|Переток|Сетевой счёт)[^<]*<`).FindString(get(h, path, "torg_as="+as).Body.String()); word != "" {
				t.Errorf("%s as %s speaks of %s", path, as, word)
			}
		}
	}
}

func TestSessionShowsTheGrid(t *testing.T) {
	m := recordtest.NewZoned()
	h := web.New(config(m))
	const path = "/sessions/20261122T113000Z"
	for _, as := range []string{"operator", "foundry"} {
		says(t, path+" as "+as, get(h, path, "torg_as="+as).Body.String(),
			"z1 УИС 7,20 7,20 +4,18 кВт·ч", "z2 6,93 6,93 +0,82 кВт·ч", "5,48 5,48 −5,00 кВт·ч", "Линия z3 → z2 загружена полностью: 5,00 кВт·ч за интервал.",
			"на 1,45 ₽/кВт·ч: 0,10 ₽/кВт·ч за передачу и 1,35 ₽/кВт·ч за перегрузку", "5,00 из 5,00 кВт·ч 100 %", "без предела", "Сетевой счёт сессии 8,")
	}
	says(t, "the session in English", get(h, path, "torg_as=operator", "torg_lang=en").Body.String(),
		"Line z3 → z2 is full: 5.00 kWh in the slot.", "Network account of the session", "congestion rent of the lines", "the lines carry no more this way: price 5.48 ₽/kWh, a limit of 5.48 ₽/kWh would have traded")
}

// People read the names of zones, each in their language; a zone without one goes by its id.
func TestZonesHaveNames(t *testing.T) {
	m := recordtest.NewZoned()
	c := config(m)
	c.ZoneNames = map[torg.ZoneID]web.ZoneName{"z2": {RU: "Цеха", EN: "Works"}, "z3": {RU: "Коса"}}
	h := web.New(c)
	const session = "/sessions/20261122T113000Z"
	for path, want := range map[string][2]string{
		session:                           {"Линия Коса → Цеха загружена полностью", "Line Коса → Works is full"},
		"/":                               {"Коса → Цеха", "Коса → Works"},
		"/contracts/" + acrossZones(t, m): {"Энергия идёт Коса → Цеха → z1", "Коса → Works → z1"},
		"/sites/foundry-1":                {"Зона Коса", "Zone Коса"},
	} {
		for i, lang := range []string{"ru", "en"} {
			body := get(h, path, "torg_as=operator", "torg_lang="+lang).Body.String()
			says(t, path+" in "+lang, body, want[i])
			if word := regexp.MustCompile(`>[^<]*\bz[23]\b[^<]*<`).FindString(body); word != "" {
				t.Errorf("%s in %s calls a zone by its id: %s", path, lang, word)
			}
		}
	}
}

// After the revision a line with room can still hold zones apart, and the page says so.
func TestALineThatIsUsedOneWay(t *testing.T) {
	m := recordtest.NewZoned()
	i := slices.IndexFunc(m.SessionRows, func(s record.Session) bool { return s.ID == "20261122T113000Z" })
	const path, word = "/sessions/20261122T113000Z", "может идти по линии только туда, куда уже идёт"
	h := web.New(config(m))
	if body := get(h, path, "torg_as=operator").Body.String(); strings.Contains(plain(body), word) {
		t.Error("prices joined by the fee are said to be apart")
	}
	prices := slices.Clone(m.SessionRows[i].Prices)
	for k := range prices {
		if prices[k].Discovery == 2 && prices[k].Zone == "z1" {
			prices[k].Price += 50_000 // z2 to z1 has room and carries energy
		}
	}
	m.SessionRows[i].Prices = prices
	says(t, "a session with a line used one way", get(h, path, "torg_as=operator").Body.String(), word)
}

// The operator reads both prices of a contract between zones, its parties their own.
func TestContractsBetweenZonesHaveTwoPrices(t *testing.T) {
	h := web.New(config(recordtest.NewZoned()))
	const path = "/sessions/20261122T113000Z"
	says(t, "the operator's session", get(h, path, "torg_as=operator").Body.String(), "1-00005 2 z3 → z1 Механический завод Литейный завод 2,18 кВт·ч 7,20 продавцу 5,48 15,67 ₽")
	says(t, "the seller's session", get(h, path, "torg_as=foundry").Body.String(), "1-00005 2 z3 → z1 продал продал Механический завод 2,18 кВт·ч 5,48 11,93 ₽")
}

// The network account on the page is what its parts add up to.
func TestNetworkAccountCloses(t *testing.T) {
	m := recordtest.NewZoned()
	h := web.New(config(m))
	for _, s := range m.SessionRows[len(m.SessionRows)-30:] {
		if len(s.Prices) == 0 {
			continue
		}
		var fees, rent torg.Cost
		at := map[torg.ZoneID]torg.Price{}
		for _, x := range s.Prices {
			at[x.Zone] = x.Price
		}
		for _, f := range s.Flows {
			for _, l := range recordtest.Lines {
				if (l.From == f.From && l.To == f.To) || (l.From == f.To && l.To == f.From) {
					fees = fees.Add(f.Energy.At(l.Fee))
					rent = rent.Add(f.Energy.At(at[f.To] - at[f.From] - l.Fee))
				}
			}
		}
		body := get(h, "/sessions/"+s.ID, "torg_as=operator", "torg_lang=en").Body.String()
		amount := func(c torg.Cost) string { return web.Digits("en", float64(c.Round())/100, 2) + " ₽" }
		says(t, s.ID, body, "Network account of the session "+amount(s.Network)+" fees for the lines "+amount(fees)+" congestion rent of the lines "+amount(rent))
		if strings.Contains(body, "congestion rent of the connection") {
			t.Errorf("%s: the connection is not full and has a rent", s.ID)
		}
	}
}

func TestContractAcrossZones(t *testing.T) {
	m := recordtest.NewZoned()
	h := web.New(config(m))
	id := acrossZones(t, m)
	says(t, "the contract", get(h, "/contracts/"+id, "torg_as=operator").Body.String(), "Зоны z3 → z1", "1,72 ₽/кВт·ч",
		"Равновесная цена в зоне продавца z3: 5,48 ₽/кВт·ч, в зоне покупателя z1: 7,20 ₽/кВт·ч.",
		"Энергия идёт z3 → z2 → z1: плата за передачу 0,37 ₽/кВт·ч.", "Линия z3 → z2 загружена полностью: плата за перегрузку 1,35 ₽/кВт·ч.")
	says(t, "its seller's page", get(h, "/contracts/"+id, "torg_as=foundry").Body.String(), "Продавец получает", "Поставщик за вычетом передачи из зоны заплатил бы 0,73 ₽/кВт·ч")
	if body := get(h, "/contracts/"+id, "torg_as=factory"); body.Code == 200 && strings.Contains(plain(body.Body.String()), "Продавец получает") {
		t.Error("the buyer reads what the seller gets")
	}
}

// Where the connection is full, that is what a round-3 contract's prices differ by.
func TestFullConnection(t *testing.T) {
	m := recordtest.New()
	for i := range m.Deals {
		if d := &m.Deals[i]; d.Round == 3 && d.Buyer == m.Quotes.ID {
			d.SellerPrice -= 50_000
			body := get(web.New(config(m)), "/contracts/"+string(d.ID), "torg_as=operator").Body.String()
			says(t, "a contract over a full connection", body, "Соединение с сетью загружено полностью: плата за перегрузку 0,50 ₽/кВт·ч.", "договор с поставщиком по его цене 1,10")
			return
		}
	}
	t.Fatal("nobody sells to the supplier")
}

func TestOwnersReadTheirOwnZone(t *testing.T) {
	m := recordtest.NewZoned()
	m.Set(func(n *record.Now) { n.InsideEnergy, n.InsidePrice = 1000, 400_000 })
	h := web.New(config(m))
	says(t, "the foundry's screen", get(h, "/", "torg_as=foundry").Body.String(), "Зона z3: равновесная 5,48, во всех зонах 5,48 … 7,20 ₽/кВт·ч",
		"поставщик платит 0,73 за вычетом передачи", "поставщик берёт 7,57 с передачей", "Линия z3 → z2 загружена полностью: за перегрузку 1,35")
	says(t, "a screen without an agent", get(h, "/", "torg_as=teplo").Body.String(), "стоит 6,93 ₽/кВт·ч, у поставщика 7,47 ₽/кВт·ч")
	says(t, "the list of sessions", get(h, "/sessions", "torg_as=operator").Body.String(), "перегрузка 5,48 … 7,20")
	if text := plain(get(h, "/sessions", "torg_as=foundry").Body.String()); !strings.Contains(text, "перегрузка 5,48") || strings.Contains(text, "…") {
		t.Errorf("the foundry's list of sessions has more than its zone's price: %s", text)
	}
}

func TestCurvesByZone(t *testing.T) {
	m := recordtest.NewZoned()
	h := web.New(config(m))
	const path = "/sessions/20261122T113000Z"
	both, east := get(h, path, "torg_as=operator").Body.String(), get(h, path+"?zone=z3", "torg_as=operator").Body.String()
	says(t, "the curves of z1", both, "по линиям", "Цена зоны 7,20")
	says(t, "the curves of z3", east, "спрос 0,00 кВт·ч", "Цена зоны 5,48 ₽/кВт·ч — не точка, где сходятся её кривые: 5,00 кВт·ч уходит по линиям.")
	own := get(h, path+"?zone=z3", "torg_as=foundry").Body.String()
	says(t, "the published curves", own, "Спрос и предложение", "спрос 0,00 кВт·ч")
	if _, orders, _ := strings.Cut(own, `id="orders"`); strings.Contains(orders, "Прессовый цех") {
		t.Error("an owner reads whose orders the curves are made of")
	}
}

// What is not recorded is not made up.
func TestUnknownPricesAreNoGap(t *testing.T) {
	m := recordtest.NewZoned()
	id := acrossZones(t, m)
	for i := range m.SessionRows {
		if m.SessionRows[i].ID == "20261122T113000Z" {
			m.SessionRows[i].Prices, m.SessionRows[i].Flows = nil, nil
		}
	}
	h := web.New(config(m))
	if w := get(h, "/contracts/"+id, "torg_as=operator"); w.Code != 200 || strings.Contains(w.Body.String(), "Энергия идёт") {
		t.Errorf("%d: a way without flows", w.Code)
	}
	if w := get(h, "/sessions/20261122T113000Z", "torg_as=operator"); w.Code != 200 || strings.Contains(w.Body.String(), "Сетевой счёт") {
		t.Errorf("%d: a network account without prices", w.Code)
	}
}

// A session of generated history is as long as the history's step, and so carries
// more than a slot does.
func TestHistoryHasItsOwnCapacity(t *testing.T) {
	m := recordtest.NewZoned()
	for i := range m.SessionRows {
		if s := &m.SessionRows[i]; s.ID == "20261122T113000Z" {
			s.Origin = record.Simulated
			for k := range s.Flows {
				s.Flows[k].Energy *= 15 // half of what fits in a quarter of an hour
			}
		}
	}
	body := get(web.New(config(m)), "/sessions/20261122T113000Z", "torg_as=foundry").Body.String()
	says(t, "generated history", body, "z3 → z2 75,0 из 150 кВт·ч 50 %")
}

// What is left of an order has its numbers, where a limit would have helped.
func TestReasonsHaveNumbers(t *testing.T) {
	m := recordtest.NewZoned()
	for i := range m.OrderRows {
		if o := &m.OrderRows[i]; o.Session == "20261122T113000Z" && o.Site == "press-1" {
			o.Unmatched, o.Reason, o.Best, o.WouldTrade = 700, torg.ReasonConnection, 810_000, 812_000
		} else if o.Session == "20261122T113000Z" && o.Site == "wind-1" {
			o.Best, o.WouldTrade = 0, 0
		}
	}
	h := web.New(config(m))
	says(t, "the buyer's session", get(h, "/sessions/20261122T113000Z", "torg_as=press").Body.String(), "соединение с сетью загружено полностью: цена 8,10 ₽/кВт·ч, сделку дал бы предел 8,12 ₽/кВт·ч")
	if text := plain(get(h, "/sessions/20261122T113000Z", "torg_as=wind").Body.String()); !strings.Contains(text, "по линиям больше не передать") || strings.Contains(text, "сделку дал бы предел") {
		t.Errorf("a limit that would have traded is made up: %s", text)
	}
}

// Far from a full connection, lines and connection each have their part.
func TestFullConnectionBehindALine(t *testing.T) {
	m := recordtest.NewZoned()
	for i := range m.Deals {
		d := &m.Deals[i]
		if d.Round != 3 || d.Buyer != m.Quotes.ID || d.SellerZone == "z1" {
			continue
		}
		d.BuyerPrice += 30_000 // the supplier pays more than the price of its zone
		body := get(web.New(config(m)), "/contracts/"+string(d.ID), "torg_as=operator").Body.String()
		says(t, "a sale to the supplier", body, "Энергия идёт "+string(d.SellerZone)+" → ", "Соединение с сетью загружено полностью: плата за перегрузку 0,30 ₽/кВт·ч.")
		return
	}
	t.Fatal("nobody in z2 or z3 sells to the supplier")
}

// The way of a contract is the cheapest that carries energy there, not the shortest.
func TestWayFollowsTheFlows(t *testing.T) {
	line := func(from, to string, e torg.Energy, fee torg.Price) web.Flowing {
		return web.Flowing{From: torg.ZoneID(from), To: torg.ZoneID(to), Energy: e, Fee: fee}
	}
	ring := []web.Flowing{line("a", "b", 5, 10), line("b", "c", 5, 10), line("a", "c", 0, 1), line("a", "d", 5, 30), line("d", "c", 5, 1), line("c", "e", 2, 1), line("b", "e", 2, 90)}
	for to, want := range map[torg.ZoneID]string{"c": "a b c", "d": "a d", "e": "a b c e", "a": "", "x": ""} {
		if got := strings.Join(web.Way(ring, "a", to), " "); got != want {
			t.Errorf("from a to %s: %q, want %q", to, got, want)
		}
	}
	if got := web.Way(ring, "c", "a"); got != nil {
		t.Errorf("against the flows: %v", got)
	}
}

// The picture has every zone and line as long as people can read it, and the arrow on
// the full line points where the energy goes.
func TestPictureOfTheGrid(t *testing.T) {
	m := recordtest.NewZoned()
	const path = "/sessions/20261122T113000Z"
	body := get(web.New(config(m)), path, "torg_as=foundry").Body.String()
	where := func(class string) []string {
		return regexp.MustCompile(`<line x1="([0-9.]+)%" y1="([0-9.]+)" x2="([0-9.]+)%" y2="([0-9.]+)"[^>]*` + class).FindStringSubmatch(body)
	}
	full := where(`class="wire full"`)
	if strings.Count(body, `class="wire`) != 2 || strings.Count(body, `class="node`) != 3 || len(full) == 0 {
		t.Fatalf("two lines and three zones are drawn otherwise: %v", full)
	}
	from := regexp.MustCompile(`<svg x="` + full[1] + `%" y="` + full[2] + `"[^>]*>\s*<rect[^>]*>[^z]*z3`)
	if !from.MatchString(body) {
		t.Errorf("the full line does not start at z3: %v", full)
	}
	m.Set(func(n *record.Now) { n.Zones = append(n.Zones, "z4", "z5", "z6", "z7", "z8", "z9") })
	if body := get(web.New(config(m)), path, "torg_as=foundry").Body.String(); strings.Contains(body, `class="node`) || !strings.Contains(body, "z9") {
		t.Error("nine zones are drawn, or not listed")
	}
}
