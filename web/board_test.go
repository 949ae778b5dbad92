package web_test

import (
	"net/http"
	"strings"
	"testing"

	"torg/record/recordtest"
	"torg/web"
)

// The board's pages show what is recorded, to whom it concerns, without a desk: they say
// what there is and offer no button.
func TestBoardPages(t *testing.T) {
	h := web.New(config(recordtest.New()))
	for path, want := range map[string][]string{
		"/board?as=foundry&lang=ru":                         {"Доска предложений", "Литейный завод продаст", "400 кВт", "предложен", "действует"},
		"/board?as=factory&lang=en":                         {"The board", "Foundry sells", "all taken", "cheaper"},
		"/board/offers/foundry-1.o1?as=factory&lang=en":     {"4,800 kWh", "on the board"},
		"/board/contracts?as=factory&lang=ru":               {"Договоры доски", "Покупка: Литейный завод"},
		"/board/contracts/factory-1.f1?as=foundry&lang=en":  {"has until", "not signed"},
		"/board/contracts/factory-1.f2?as=operator&lang=en": {"in force", "Delivery starts"},
		"/board?as=foundry&format=csv":                      {"foundry-1.o1,open,foundry"},
	} {
		w := get(h, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
		text := strings.ReplaceAll(w.Body.String(), "\u00a0", " ")
		for _, x := range want {
			if !strings.Contains(text, x) {
				t.Errorf("%s does not say %q", path, x)
			}
		}
		if strings.Contains(text, `action="/board/`) {
			t.Errorf("%s has a button, and nobody carries out what it would do", path)
		}
	}
	for path, want := range map[string]int{
		"/board/offers/nobody.o1":                http.StatusNotFound,
		"/board/contracts/nobody.f1":             http.StatusNotFound,
		"/board/contracts/factory-1.f1?as=teplo": http.StatusNotFound,
		"/contracts/factory-1.f1?as=foundry":     http.StatusSeeOther,
	} {
		if w := get(h, path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
