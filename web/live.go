package web

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"torg/access"
	"torg/record"
)

// frame is what a page hears at every change. Values replace numbers in place; a
// new Version tells the page to fetch itself again, for what is more than a number.
type frame struct {
	Version string             `json:"version"`
	Time    time.Time          `json:"time"`
	Speed   float64            `json:"speed"`
	Opened  time.Time          `json:"opened"`
	Gate1   time.Time          `json:"gate1"`
	Gate2   time.Time          `json:"gate2"`
	Start   time.Time          `json:"start"`
	State   record.State       `json:"state"`
	Values  map[string]float64 `json:"values"`
}

func (p *page) frame() frame {
	n := p.Now
	f := frame{Time: n.Time.UTC(), Speed: n.Speed, Opened: n.Opened.UTC(), Gate1: n.Gate1.UTC(), Gate2: n.Gate2.UTC(), Start: n.SlotStart.UTC(),
		State: n.State, Values: map[string]float64{"height": float64(n.Height), "missed": float64(n.Missed)}}
	f.Version = fmt.Sprint(n.Session, n.State, n.PriceOf, n.Halted, n.Problems)
	if x, ok := p.insidePrice(); ok {
		f.Values["price"] = x.RUBkWh()
	}
	if share, _, ok := p.Tie(); ok {
		f.Values["tie"] = share * 100
	}
	for i := 1; i <= 3; i++ {
		r := roundOf(n.Rounds, i)
		f.Values[fmt.Sprintf("round%d.contracts", i)] = float64(r.Contracts)
		f.Values[fmt.Sprintf("round%d.energy", i)] = r.Energy.KWh()
	}
	running := 0
	for _, a := range n.Agents {
		if a.Running {
			running++
		}
		at, ok := p.place(a.Site)
		if !ok || !p.Viewer.Owns(at.Participant) {
			continue
		}
		f.Version += fmt.Sprint(a.Site, a.Running, a.Fallback)
		f.Values["available."+string(a.Site)] = a.Available.RUB()
		f.Values["reserved."+string(a.Site)] = a.Reserved.RUB()
	}
	f.Values["running"] = float64(running)
	return f
}

// eyes names all viewers who see the same.
func (v viewer) eyes() string {
	if v.Operator {
		return "operator"
	}
	return "of " + string(v.ID)
}

// frames remembers the last frame of each viewer, so that it is encoded once for
// all browsers that look with the same eyes.
type frames struct {
	mu   sync.Mutex
	last map[string]encoded
}

type encoded struct {
	until <-chan struct{} // the frame holds until this closes
	body  []byte
}

func newFrames() *frames { return &frames{last: map[string]encoded{}} }

// get returns the frame of a viewer that holds until the channel closes.
func (f *frames) get(viewer string, until <-chan struct{}, make func() frame) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e, ok := f.last[viewer]; ok && e.until == until {
		return e.body
	}
	body, err := json.Marshal(make())
	if err != nil {
		panic("web: a frame does not encode: " + err.Error())
	}
	f.last[viewer] = encoded{until, body}
	return body
}

// beat is how often a silent stream shows that it is alive.
const beat = 15 * time.Second

// gather lets changes that come together make one frame.
func gather(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// live streams frames as server-sent events until the browser goes.
func (s *site) live(w http.ResponseWriter, r *http.Request) {
	p := &page{site: s, w: w, r: r, Now: s.Live.Now(), Lang: Languages[0]}
	if err := p.load(r.Context()); err != nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		changed := s.Live.Changed()
		body := s.frames.get(p.Viewer.eyes(), changed, func() frame {
			p.Now = access.Now(p.who(), s.Live.Now(), p.places)
			return p.frame()
		})
		if send(w, fmt.Sprintf("data: %s\n\n", body)) != nil {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-r.Context().Done():
				return
			case <-changed:
				waiting = false
				gather(r)
			case <-tick.C:
				if send(w, ": alive\n\n") != nil {
					return
				}
			}
		}
	}
}

// send writes one event at once; a browser that takes none for a beat has gone.
func send(w http.ResponseWriter, event string) error {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Now().Add(beat)); err != nil {
		return err
	}
	if _, err := io.WriteString(w, event); err != nil {
		return err
	}
	return out.Flush()
}
