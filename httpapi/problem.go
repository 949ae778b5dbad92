package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/account"
	"torg/record"
)

// Problem is the one shape of errors (RFC 9457 with a code). Code is the market's
// refusal, the same word as on the bus and the ledger, or "internal", "wrong_host",
// "wrong_origin", "not_running".
type Problem struct {
	Status int     `json:"status" doc:"HTTP status"`
	Code   string  `json:"code" doc:"the market's own word for what is wrong"`
	Detail string  `json:"detail,omitempty" doc:"what happened, for people"`
	Errors []Fault `json:"errors,omitempty" doc:"each value that is wrong"`
}

// Fault is one wrong value of a request.
type Fault struct {
	Location string `json:"location,omitempty" doc:"where, such as query.limit"`
	Message  string `json:"message" doc:"what is wrong with it"`
}

// Error returns the code and the detail.
func (p Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457, whatever was asked for.
func (p Problem) ContentType(string) string { return "application/problem+json" }

// asProblem turns the errors that huma makes itself (validation, malformed bodies)
// into our shape.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := Problem{Status: m.Status, Code: string(torg.ErrMalformed), Detail: m.Detail}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, Fault{Location: e.Location, Message: e.Message})
	}
	if m.Status >= 500 {
		p.Code = "internal"
	}
	return p, nil
}

// problem says how an error of ours is answered. What is no refusal is logged, not
// shown.
func (a *api) problem(err error) error {
	refusal := torg.RefusalOf(err)
	switch {
	case errors.Is(err, record.ErrNotFound) || refusal == torg.ErrUnknown:
		return Problem{Status: http.StatusNotFound, Code: string(torg.ErrUnknown), Detail: err.Error()}
	case refusal == torg.ErrMalformed:
		return Problem{Status: http.StatusBadRequest, Code: string(refusal), Detail: err.Error()}
	case refusal == account.ErrNobody:
		return unknownCaller
	case refusal == account.ErrScope || refusal == account.ErrMustChange || refusal == torg.ErrNotYours || refusal == torg.ErrNotOperator || refusal == torg.ErrNotApprover || refusal == torg.ErrBadSignature || refusal == torg.ErrNotSigned:
		return Problem{Status: http.StatusForbidden, Code: string(refusal), Detail: err.Error()}
	case refusal != "":
		return Problem{Status: http.StatusConflict, Code: string(refusal), Detail: err.Error()}
	}
	a.Log.Error("request failed", "err", err)
	return Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the server could not answer; its log says why"}
}

func writeProblem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	body, _ := json.Marshal(p) // words and numbers always marshal
	w.Write(append(body, '\n'))
}

// documentProblem puts our shape where huma documents its own.
func documentProblem(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	ours := schemas.Schema(reflect.TypeFor[Problem](), false, "Problem")
	if _, ok := schemas.Map()["ErrorModel"]; ok {
		schemas.Map()["ErrorModel"] = ours
	}
	delete(schemas.Map(), "ErrorDetail")
}
