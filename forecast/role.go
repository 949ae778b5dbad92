package forecast

import "torg"

// rolePercent is what a site of each role does by local hour, in percent of what it
// can: rough averages of a few real sites, for sites that nothing is known of yet.
// For renewables it is halfway between sun and wind.
func rolePercent(r torg.Role, hour int) int8 {
	switch r {
	case torg.Plant:
		return [24]int8{5, 5, 5, 5, 5, 5, 5, 5, 35, 40, 40, 40, 30, 35, 40, 40, 40, 25, 25, 25, 25, 5, 5, 5}[hour]
	case torg.Sharing:
		return [24]int8{20, 15, 15, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5, 5, 10, 15, 20, 25, 25, 25, 30, 30, 30, 25}[hour]
	case torg.Heating:
		return [24]int8{35, 35, 35, 35, 35, 40, 40, 40, 40, 40, 40, 40, 40, 35, 35, 35, 40, 40, 40, 40, 40, 40, 35, 35}[hour]
	case torg.Renewable:
		return [24]int8{15, 15, 15, 15, 15, 15, 20, 20, 25, 35, 40, 45, 45, 45, 45, 40, 35, 30, 25, 20, 20, 20, 20, 20}[hour]
	case torg.Stable:
		return 75
	}
	return 0
}

// expected is the role's energy in one slot of that hour: producers feed out of what
// their bounds allow, the others consume of it.
func (b Bounds) expected(r torg.Role, hour int) float64 {
	end := b.Max
	if r == torg.Renewable || r == torg.Stable {
		end = b.Min
	}
	return float64(end) * float64(rolePercent(r, hour)) / 100
}
