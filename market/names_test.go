package market

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"torg"
)

// Names keep the number that they got first, whatever comes between and however
// often the table grows.
func TestNamesKeepTheirNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	table, want := newNameTable(), map[string]int32{}
	for range 50_000 {
		name := fmt.Sprint("p", rng.IntN(20_000))
		if rng.IntN(100) == 0 {
			name = ""
		}
		number, known := want[name]
		if !known {
			number = int32(len(want))
			want[name] = number
		}
		if got := table.place([]byte(name)); got != number {
			t.Fatalf("%q has number %d, want %d", name, got, number)
		}
	}
	all := table.all()
	if len(all) != len(want) {
		t.Fatalf("%d names of %d", len(all), len(want))
	}
	for name, number := range want {
		if all[number] != torg.ParticipantID(name) {
			t.Fatalf("number %d is %q, want %q", number, all[number], name)
		}
	}
}
