// Package orderbook reads the orders of one session from a CSV file into the market's
// columns, and writes what clearing made of them as CSV and JSON. FORMATS of the
// command `torg clear` are its contract: UTF-8, a header row, comma, RFC 4180; energy
// in whole Wh; prices in RUB/kWh with at most five decimals, point or comma on input,
// always a point on output.
//
// A book of a million rows is read and written in a stream: parsing runs beside the
// market's intake, formatting beside the disk, and a row costs no allocation unless it
// has preferences. The order of rows changes no byte of the output.
package orderbook
