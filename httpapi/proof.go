package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"torg"
	"torg/record"
)

// Proofs make the proof of a contract that torg contract verify checks, as a zip
// archive, for readers who trust the chain's header of height from.
type Proofs interface {
	Proof(ctx context.Context, id torg.ContractID, from int64) ([]byte, error)
}

// archive is a zip to be kept as a file.
type archive struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// proof registers the proof of a contract.
func (a *api) proof(h huma.API) {
	op := huma.Operation{
		OperationID: "get-contract-proof", Method: http.MethodGet, Path: "/api/v1/contracts/{id}/proof",
		Summary: "Everything that proves a contract, to be checked offline with torg contract verify",
		Responses: map[string]*huma.Response{"200": {
			Description: "a zip archive of the files that torg contract export writes",
			Content:     map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}},
	}
	huma.Register(h, op, func(ctx context.Context, in *struct {
		ID   string `path:"id" maxLength:"128"`
		From int64  `query:"from" minimum:"1" default:"1" doc:"height of the header that the reader trusts"`
	}) (*archive, error) {
		if a.Proofs == nil {
			return nil, Problem{Status: http.StatusConflict, Code: "not_running", Detail: "this market runs without consensus: nothing to prove from"}
		}
		_, err := a.Reader.Contract(ctx, torg.ContractID(in.ID))
		if errors.Is(err, record.ErrNotFound) { // a contract of the board
			_, err = a.Reader.Forward(ctx, torg.ContractID(in.ID))
		}
		if err != nil { // not the viewer's, or not there
			return nil, a.noContract(in.ID, err)
		}
		zip, err := a.Proofs.Proof(ctx, torg.ContractID(in.ID), in.From)
		if err != nil {
			return nil, a.problem(err)
		}
		name := fmt.Sprintf("attachment; filename=%q", "contract-"+in.ID+".zip")
		return &archive{Type: "application/zip", Disposition: name, Body: zip}, nil
	})
}
