package web

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"torg"
)

// words is the message catalogue in both languages.
type words struct {
	localizers map[string]*i18n.Localizer
	keys       map[string]bool
	log        *slog.Logger
}

// Languages are the two in which every page is complete, the default first.
var Languages = []string{"ru", "en"}

func loadWords(log *slog.Logger) *words {
	w := &words{localizers: map[string]*i18n.Localizer{}, keys: map[string]bool{}, log: log}
	bundle := i18n.NewBundle(language.Russian)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range Languages {
		body, err := embedded.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			panic("web: " + err.Error())
		}
		bundle.MustParseMessageFileBytes(body, lang+".json")
		w.localizers[lang] = i18n.NewLocalizer(bundle, lang)
	}
	for _, key := range Keys("ru") {
		w.keys[key] = true
	}
	return w
}

// Keys returns the keys of a language's catalogue, so that who writes journal
// reasons and messages can test that each has its words.
func Keys(lang string) []string {
	body, err := embedded.ReadFile("i18n/" + lang + ".json")
	var all map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(body, &all)
	}
	if err != nil {
		panic("web: i18n/" + lang + ".json: " + err.Error())
	}
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	return keys
}

// T returns the words of key. Args are names and values in turn; a "Count" chooses
// the plural form. A key without words comes back as it is and is logged.
func (p *page) T(key string, args ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		data[args[i].(string)] = args[i+1]
	}
	return p.say(key, data)
}

func (p *page) say(key string, data map[string]any) string {
	lc := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, ok := data["Count"]; ok {
		lc.PluralCount = n
	}
	text, err := p.site.words.localizers[p.Lang].Localize(lc)
	if err != nil {
		p.site.Log.Warn("no words", "key", key, "lang", p.Lang, "err", err)
		return key
	}
	return strings.ReplaceAll(text, "<no value>", "—")
}

// Has says whether the catalogue has words for a key.
func (p *page) Has(key string) bool { return p.site.words.keys[key] }

// Tell turns a key with arguments, as journals and messages hold them, into words:
// numbers get their units, names their quotes. An unknown key is shown as it is,
// with its arguments, so that nothing is lost.
func (p *page) Tell(key string, args map[string]string) string {
	if !p.Has(key) {
		text := key
		for _, k := range sortedKeys(args) {
			text += " " + k + "=" + args[k]
		}
		return text
	}
	data := map[string]any{}
	for k, v := range args {
		data[k] = p.arg(k, v)
		if n, err := strconv.Atoi(v); err == nil && (k == "sites" || k == "orders" || k == "contracts") {
			data["Count"] = n
		}
	}
	return p.say(key, data)
}

// arg formats an argument by its name.
func (p *page) arg(name, v string) string {
	switch name {
	case "energy", "need", "carry", "low", "median", "high":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			if name == "need" || name == "carry" {
				return p.Energy(torg.Energy(n).Abs())
			}
			return p.Energy(torg.Energy(n))
		}
	case "price", "limit", "short", "long", "expected", "from", "to", "would_trade":
		if x, err := torg.ParsePrice(v); err == nil {
			return p.PriceUnit(x)
		}
	case "amount":
		if c, err := torg.ParseCost(v); err == nil {
			return p.Money(c)
		}
	case "quantile":
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return p.Number(f, 2)
		}
	case "why", "code":
		return p.known("refusal.", v)
	case "reason", "side", "quality":
		return p.known(name+".", v)
	}
	return v
}

// known translates a word of the vocabulary, or leaves it.
func (p *page) known(prefix, word string) string {
	if p.Has(prefix + word) {
		return p.T(prefix + word)
	}
	return word
}
