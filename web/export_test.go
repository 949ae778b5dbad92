package web

import "torg"

// Digits lets tests hold the server's numbers against the browser's.
func Digits(lang string, v float64, decimals int) string { return newWriter(lang).Number(v, decimals) }

// CommandLine is what a page tells its reader to run.
var CommandLine = commandLine

// Flowing is a line with its flow.
type Flowing = lineRow

// Way names the zones on a contract's way.
func Way(lines []Flowing, from, to torg.ZoneID) (zones []string) {
	for i, l := range way(lines, from, to) {
		if i == 0 {
			zones = append(zones, string(l.From))
		}
		zones = append(zones, string(l.To))
	}
	return zones
}
