package main

import "fmt"

// memory is what the market has confirmed: contracts by id, as they were first seen.
type memory map[string]contract

// firm is the part of a contract that never changes.
func firm(c contract) contract {
	c.State = ""
	return c
}

// compare returns what is wrong with a list of all contracts: one that was confirmed
// and is missing or changed, and one that is there twice, by its id or by what it is.
// New ones are remembered.
func (m memory) compare(all []contract) []string {
	var wrong []string
	listed := map[string]bool{}
	deals := map[string]string{}
	for _, c := range all {
		if listed[c.ID] {
			wrong = append(wrong, fmt.Sprintf("contract %s is listed twice", c.ID))
		}
		listed[c.ID] = true
		deal := fmt.Sprint(c.Session, c.Discovery, " ", c.BuyerOrder, " ", c.SellerOrder)
		if other, ok := deals[deal]; ok && other != c.ID {
			wrong = append(wrong, fmt.Sprintf("contracts %s and %s join the same two orders", other, c.ID))
		}
		deals[deal] = c.ID
		if before, ok := m[c.ID]; ok && before != firm(c) {
			wrong = append(wrong, fmt.Sprintf("contract %s has changed: %+v, was %+v", c.ID, firm(c), before))
		} else if !ok {
			m[c.ID] = firm(c)
		}
	}
	for id := range m {
		if !listed[id] {
			wrong = append(wrong, fmt.Sprintf("contract %s is lost", id))
		}
	}
	return wrong
}
