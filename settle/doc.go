// Package settle turns metered energy and contracts into money: deviations,
// the supplier's invoice, what is left over, and the monthly promise that nobody
// pays more than without the market. Everything is a pure function on exact costs.
//
// # What it promises
//
// Write M for a party's metered and C for its contracted net energy (consumption is
// plus), d = M - C for its deviation, S and B for a class's sell and buy price with
// S >= B, and f(x) = max(S x, B x) for what x costs at those two prices. f is convex
// and f(kx) = k f(x) for k >= 0, so f(x+y) <= f(x) + f(y).
//
// In a zone away from the supplier's both prices are delivered there: with F for the
// cheapest fees on the way, S + F for consumption and B - F for what flows back.
//
// Whoever did not trade pays the baseline: without contracts d = M, and nothing was
// contracted inside, so no deviation is priced as tight; the imbalance is f(M), which
// is the baseline by definition. It does not matter what others do or which lines are
// full.
//
// The residual is not negative when nothing is lost, every class has the supplier's
// two prices delivered to its zone, and contracts' gaps cover the fees of what they
// sent over lines, which equilibrium prices do. First without lines: with I and E for the
// energy of round 3, contracts inside cancel out, so sum(C) = I - E, and the
// connection meters sum(M) = I - E + sum(d). The invoice is
//
//	f(I - E + sum(d)) <= f(I) + f(-E) + f(sum(d)) <= S I - B E + sum(f(d)).
//
// S I - B E is what round 3 paid, so what the invoice demands beyond it is at most
// sum(f(d)), which is what parties paid for their deviations. Full connections and
// lines only add to the right side: there a shortfall costs at least S and a surplus
// earns at most B.
//
// With lines, parties of a zone pay F |d| each beside f(d), together at least F times
// the zone's net deviation, which is what lines are owed for it. Sessions' fees are in
// contracts' gaps. What the gaps hold beyond them is congestion rent, and part of the
// residual.
//
// Money neither appears nor vanishes: Interval defines the residual as the very sum
// that Postings leaves on the imbalance account, and gives away exactly that, so the
// account ends the interval at zero, and the network account at the fees it owes.
package settle
