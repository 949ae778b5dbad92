package agent

import (
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"torg"
	"torg/decide"
	"torg/ledger"
	"torg/sign"
)

// signOrders signs orders on all cores: an RSA signature costs about a millisecond.
// One that cannot be signed is not sent, and its journal says so.
func (h *Host) signOrders(all []*asked) error {
	return h.onAllCores(len(all), func(i int) (err error) {
		q := all[i]
		if q.order == nil {
			return nil
		}
		if q.signature, err = h.signature(q.order.Site, ledger.OrderMessage(h.cfg.Genesis.ChainID, *q.order)); err != nil {
			q.order, q.entry.Ordered, q.entry.Reason = nil, false, decide.WhyUnsigned
			return fmt.Errorf("order of site %s: %w", q.entry.Site, err)
		}
		return nil
	})
}

// signature returns a site's agent's signature over msg; nothing on an unsigned
// chain.
func (h *Host) signature(site torg.SiteID, msg []byte) ([]byte, error) {
	if h.cfg.Genesis.Unsigned {
		return nil, nil
	}
	key, err := h.cfg.Keys.Agent(site)
	if err != nil {
		return nil, fmt.Errorf("key of the agent: %w", err)
	}
	return sign.Sign(key, msg)
}

// onAllCores does n things and returns the first error; the others are done all the
// same.
func (h *Host) onAllCores(n int, f func(i int) error) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error { return f(i) })
	}
	return g.Wait()
}
