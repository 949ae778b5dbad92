package orderbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"torg"
	"torg/market"
)

const head = "order,participant,side,zone,energy_wh,price\n"

// twoZones is a complex with a supplier.
func twoZones() torg.Complex {
	return torg.Complex{
		Zones: []torg.ZoneID{"z1", "z2"}, Pricing: torg.Split,
		Lines:    []torg.Line{{From: "z1", To: "z2", Capacity: 5000, Fee: 27_000}},
		Supplier: &torg.Supplier{Participant: "supplier", Zone: "z1", Sell: 720_000, Buy: 110_000, Import: torg.Unlimited, Export: 640_000},
	}
}

// row is a row of a file that stays when its block does not.
type row struct {
	line                    int
	id, party, zone, source string
	side                    torg.Side
	energy                  torg.Energy
	limit                   torg.Price
	prefer, avoid           string
}

// rows parses a file in blocks of a size, without the market.
func rows(text string, size int) ([]row, []string, error) {
	s := newScanner("o.csv", strings.NewReader(text))
	s.size = size
	var all []row
	ignored, err := each(context.Background(), s, func(b *block) error {
		for i, r := range b.rows {
			all = append(all, row{b.lines[i], string(r.ID), string(r.Participant), string(r.Zone), string(r.Source),
				r.Side, r.Energy, r.Limit, strings.Join(r.Prefer, " "), strings.Join(r.Avoid, " ")})
		}
		return nil
	})
	return all, ignored, err
}

// Files that say the same in other ways are the same book.
func TestGoodFiles(t *testing.T) {
	want := []row{
		{2, "o1", "p1", "z1", "", torg.Buy, 10, 712_345, "", ""},
		{3, "o2", "p2", "z2", "", torg.Sell, 10_000_000_000, -100, "", ""},
	}
	for name, text := range map[string]string{
		"plain":             head + "o1,p1,buy,z1,10,7.12345\no2,p2,sell,z2,10000000000,-0.001\n",
		"no end":            head + "o1,p1,buy,z1,10,7.12345\no2,p2,sell,z2,10000000000,-0.001",
		"CRLF":              strings.ReplaceAll(head+"o1,p1,buy,z1,10,7.12345\no2,p2,sell,z2,10000000000,-0.001\n", "\n", "\r\n"),
		"byte order mark":   "\uFEFF" + head + "o1,p1,buy,z1,10,7.12345\no2,p2,sell,z2,10000000000,-0.001\n",
		"decimal comma":     head + "o1,p1,buy,z1,10,\"7,12345\"\no2,p2,sell,z2,10000000000,\"-0,00100\"\n\n\n",
		"everything quoted": "\"order\",\"participant\",\"side\",\"zone\",\"energy_wh\",\"price\"\n" + `"o1","p1","buy","z1","10","7.12345"` + "\n" + `"o2","p2","sell","z2","10000000000","-0.001"`,
		"zeros":             head + "o1,p1,buy,z1,010,0007.12345\no2,p2,sell,z2,10000000000,-0.00100\n",
		"other order":       "price,energy_wh,zone,side,participant,order\n7.12345,10,z1,buy,p1,o1\n-0.001,10000000000,z2,sell,p2,o2\n",
		"optional columns":  "order,participant,side,zone,energy_wh,price,source,prefer,avoid\no1,p1,buy,z1,10,7.12345,,,\no2,p2,sell,z2,10000000000,-0.001,,,\n",
	} {
		for _, size := range []int{100, 128, 1000, blockSize} {
			got, ignored, err := rows(text, size)
			if err != nil || !slices.Equal(got, want) || ignored != nil {
				t.Errorf("%s, blocks of %d: %+v, ignored %q, %v", name, size, got, ignored, err)
			}
		}
	}
}

// Quotes, preferences, lines and unknown columns.
func TestRareFiles(t *testing.T) {
	text := "note,order,participant,side,zone,energy_wh,price,source,prefer,avoid,\n" +
		"\"a\nb\",\"o\"\"1,\r\n\"\"\",Завод,buy,z 1,1,1000,solar, p2  wind ,p3 p4,x\n\n\r\n" +
		",o2,p1,sell,z1,2,-1000.00000,,,,\n"
	want := []row{
		{2, "o\"1,\r\n\"", "Завод", "z 1", "solar", torg.Buy, 1, torg.MaxPrice, "p2 wind", "p3 p4"},
		{7, "o2", "p1", "z1", "", torg.Sell, 2, torg.MinPrice, "", ""},
	}
	for size := 80; size <= len(text)+1; size++ { // blocks end everywhere
		got, ignored, err := rows(text, size)
		if err != nil || !slices.Equal(got, want) || !slices.Equal(ignored, []string{"note", ""}) {
			t.Errorf("blocks of %d: %+v\nignored %q, %v", size, got, ignored, err)
		}
	}
}

// What is no CSV or no row of orders is told with its place.
func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "o.csv:1: order: the column is missing: the file has no header row"},
		{head[:len(head)-1] + ",order\n", "o.csv:1: order: the column is there twice"},
		{"\n" + strings.ReplaceAll(head, ",", ";"), `o.csv:2: order: the column is missing; columns are separated by commas, not by ";"`},
		{head + "o1,p\xff,buy,z1,1,1\n", `o.csv:2: participant: "p\xff" is not UTF-8`},
		{head + "o1,p1,buy,z1,1,1\n\n\"o\n2\",p2,buy,z1,1,\"1\" \n", "o.csv:4: price: text after the closing quote"},
		{head + "o1,p1,buy,z1,1,\"1", "o.csv:2: price: a quote is opened and not closed"},
		{head + "o1,p1,buy,z1,1,1\"\n", "o.csv:2: price: a quote inside a field that does not begin with one"},
		{head + "o1,p1,buy,z1,1,1\r", "o.csv:2: price: a carriage return without a line feed"},
		{head + "o1,p1\n", "o.csv:2: side: missing: the row has 2 fields, the header 6"},
		{head + "o1,p1,buy,z1,1,1,\n", "o.csv:2: field 7: one too many: the row has 7 fields, the header 6 (a comma inside a field needs quotes)"},
		{head + "o1,p1,buy,z1,1," + strings.Repeat("я", 90) + "\n", `o.csv:2: price: "` + strings.Repeat("я", 40) + `"... is not a price`},
	} {
		if _, _, err := rows(c.text, 300); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// A number is read the quick way or the vocabulary's, with the same result.
func TestNumbers(t *testing.T) {
	for _, text := range []string{"0", "-0", "7", "007", "0007", "1000", "-1000", "1000.00001", "999.99999", "-999.99999", "7.", ".7", "7.1", "7,1",
		"7.123456", "7,12345", "+7", "+-7", "--7", "-", "", "7e2", "7 ", " 7", "7.1.2", "7,1,2", "12345", "0000000000000000000000007", "7/1", "7:1", "1_0", "٧"} {
		got, err := parsePrice([]byte(text))
		want, wantErr := torg.ParsePrice(text)
		if got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("price %q: %v, %v; the vocabulary says %v, %v", text, got, err, want, wantErr)
		}
	}
	for text, want := range map[string]torg.Energy{"1": 1, "0010": 10, "10000000000": torg.MaxOrderEnergy} {
		if got, err := parseEnergy([]byte(text)); got != want || err != nil {
			t.Errorf("energy %q: %v, %v", text, got, err)
		}
	}
}

// A failure to read is told as it is, and is no mistake of the file.
func TestAFileThatCannotBeRead(t *testing.T) {
	broken := errors.New("the disk is gone")
	in := io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken))
	_, _, err := Read(context.Background(), "o.csv", in, twoZones(), nil)
	if fault := (*Error)(nil); !errors.Is(err, broken) || errors.As(err, &fault) {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, _, err := Read(stopped, "o.csv", strings.NewReader(head), twoZones(), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := Load(context.Background(), t.TempDir()+"/none.csv", twoZones(), nil); err == nil {
		t.Error("a file that is not there was read")
	}
}

// What the market refuses has its place in the file, and carries the market's word.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		rows, want string
		refusal    torg.Refusal
	}{
		{"o1,p1,buy,z1,1,1\no2,p1,sell,z1,1,1\n", `o.csv:3: participant: "p1" has orders on both sides`, torg.ErrBothSides},
		{"o1,supplier,buy,z1,1,1\n", `o.csv:2: participant: "supplier" is the supplier, which takes part by itself`, torg.ErrBothSides},
		{"o1,p1,buy,z9,1,1\n", `o.csv:2: zone: unknown zone "z9": unknown`, torg.ErrUnknown},
		{"o1,p1,buy,z1,1,1\n\n\"o\n2\",p1,buy,z1,1,1\no3,p3,sell,z2,1,1\no3,p4,sell,z2,1,1\n", `o.csv:7: order: "o3" is on line 6 already`, torg.ErrDuplicate},
	} {
		_, _, err := Read(context.Background(), "o.csv", strings.NewReader(head+c.rows), twoZones(), nil)
		if err == nil || err.Error() != c.want || torg.RefusalOf(err) != c.refusal {
			t.Errorf("%v (%s), want %s (%s)", err, torg.RefusalOf(err), c.want, c.refusal)
		}
	}
}

// Of several mistakes the first row's is told, whoever finds it.
func TestTheFirstMistakeIsTold(t *testing.T) {
	text := head + "o1,p1,buy,nowhere,1,1\no2,p1,buy,z1,none,1\n"
	_, _, err := Read(context.Background(), "o.csv", strings.NewReader(text), twoZones(), nil)
	if err == nil || !strings.HasPrefix(err.Error(), `o.csv:2: zone: `) {
		t.Error(err)
	}
}

// A row that has no end within a block is refused, whatever its length.
func TestRowsHaveALargestSize(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{strings.Repeat("o", blockSize+1), "o.csv:1: field 1: the row is longer than 65536 bytes"},
		{head + "\"" + strings.Repeat("o\n", blockSize), "o.csv:2: order: the quote is not closed within 65536 bytes"},
		{head + "o1,p1,buy," + strings.Repeat("z", blockSize), "o.csv:2: zone: the row is longer than 65536 bytes"},
	} {
		_, _, err := Read(context.Background(), "o.csv", strings.NewReader(c.text), twoZones(), nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// Progress counts every order once.
func TestProgress(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	const n = 50_000
	for i := range n {
		fmt.Fprintf(&b, "o%d,p%d,buy,z1,1,1\n", i, i)
	}
	var told []int
	sheet, _, err := Read(context.Background(), "o.csv", strings.NewReader(b.String()), twoZones(), func(n int) { told = append(told, n) })
	if err != nil || sheet.Len() != n || len(told) < 2 || !slices.IsSorted(told) || told[len(told)-1] != n {
		t.Errorf("%v, told %v", err, told)
	}
}

// sameSheet compares what a sheet says of its orders.
func sameSheet(a, b *market.Sheet) error {
	if a.Len() != b.Len() {
		return fmt.Errorf("%d orders, %d orders", a.Len(), b.Len())
	}
	for i := range int32(a.Len()) {
		if !bytes.Equal(a.ID(i), b.ID(i)) || a.Participant(i) != b.Participant(i) || a.Side(i) != b.Side(i) ||
			a.Zone(i) != b.Zone(i) || a.Energy(i) != b.Energy(i) || a.Limit(i) != b.Limit(i) {
			return fmt.Errorf("order %d differs: %q, %q", i, a.ID(i), b.ID(i))
		}
	}
	return nil
}
