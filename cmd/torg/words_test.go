package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"torg/decide"
	"torg/exchange"
	"torg/internal/require"
	"torg/web"
)

// Every word that the market can say has a sentence in both languages.
func TestEveryWordIsTranslated(t *testing.T) {
	var keys []string
	for _, why := range decide.Whys() {
		keys = append(keys, "journal."+why)
	}
	for _, name := range decide.Names() {
		keys = append(keys, "strategy."+name)
	}
	keys = append(keys, exchange.ProblemDecide)
	for prefix, file := range map[string]string{"reason.": "order.go", "refusal.": "refusal.go"} {
		text, err := os.ReadFile(filepath.Join(require.Root(t), file))
		if err != nil {
			t.Fatal(err)
		}
		words := regexp.MustCompile(`\b(?:Reason|Refusal) += "(\w+)"`).FindAllSubmatch(text, -1)
		if len(words) < 5 {
			t.Fatalf("%s has %d words", file, len(words))
		}
		for _, w := range words {
			keys = append(keys, prefix+string(w[1]))
		}
	}
	for _, lang := range []string{"ru", "en"} {
		known := web.Keys(lang)
		for _, key := range keys {
			if !slices.Contains(known, key) {
				t.Errorf("%s: nothing says %s", lang, key)
			}
		}
	}
}
