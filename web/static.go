package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
)

//go:embed static i18n
var embedded embed.FS

// asset is an embedded file with the hash that makes its address change with it.
type asset struct {
	body []byte
	kind string
	hash string
}

func assets(files fs.FS) map[string]asset {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	all := map[string]asset{}
	names, err := fs.ReadDir(files, ".")
	if err != nil {
		panic("web: embedded files: " + err.Error())
	}
	for _, n := range names {
		body, err := fs.ReadFile(files, n.Name())
		if err != nil {
			panic("web: embedded files: " + err.Error())
		}
		sum := sha256.Sum256(body)
		all[n.Name()] = asset{body, kinds[path.Ext(n.Name())], hex.EncodeToString(sum[:6])}
	}
	return all
}

// Asset returns the address of an embedded file, good for ever.
func (p *page) Asset(name string) string {
	return "/static/" + name + "?v=" + p.site.static[name].hash
}

func (s *site) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.static[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(a.body)
}
