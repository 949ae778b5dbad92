package torg

// Routes tells the cheapest fees per kWh between the supplier's zone and each zone that
// lines join to it.
type Routes map[ZoneID]Price

// Routes returns the complex's routes; none without a supplier. A line of no capacity is
// no line; how much capacity the others have does not matter, because the supplier
// serves every deviation.
func (c Complex) Routes() Routes {
	r := Routes{}
	if c.Supplier == nil {
		return r
	}
	r[c.Supplier.Zone] = 0
	for moved := true; moved; { // Bellman and Ford: at most once more than there are zones
		moved = false
		for _, l := range c.Lines {
			if l.Capacity != 0 {
				moved = r.lower(l.From, l.To, l.Fee) || moved
				moved = r.lower(l.To, l.From, l.Fee) || moved
			}
		}
	}
	return r
}

// lower takes the way to a zone over another one where that is cheaper than what is
// known.
func (r Routes) lower(over, zone ZoneID, fee Price) bool {
	before, there := r[over]
	known, reached := r[zone]
	if !there || reached && known <= before+fee {
		return false
	}
	r[zone] = before + fee
	return true
}

// Fee is what a kWh costs on the lines between the supplier's zone and z, either way;
// 0 where no line leads there.
func (r Routes) Fee(z ZoneID) Price { return r[z] }
