package web

// Digits lets tests hold the server's numbers against the browser's.
func Digits(lang string, v float64, decimals int) string { return newWriter(lang).Number(v, decimals) }
