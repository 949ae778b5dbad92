package abci

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/cometbft/cometbft/libs/log"
)

// logger hands CometBFT's log to slog, and listens for the one line by which CometBFT
// says that consensus has stopped for good. What CometBFT thinks worth telling of
// every block is for us at the level of debugging.
type logger struct {
	to     *slog.Logger
	failed func(error)
}

func (l logger) Debug(string, ...any) {}

func (l logger) Info(msg string, keyvals ...any) { l.to.Debug(msg, keyvals...) }

func (l logger) Warn(msg string, keyvals ...any) { l.to.Warn(msg, keyvals...) }

func (l logger) Error(msg string, keyvals ...any) {
	if strings.HasPrefix(msg, "Stopped accept routine") {
		return // what CometBFT says of every Stop
	}
	l.to.Error(msg, keyvals...)
	if !strings.HasPrefix(msg, "CONSENSUS FAILURE") {
		return
	}
	for i := 0; i+1 < len(keyvals); i += 2 {
		if keyvals[i] == "err" {
			l.failed(fmt.Errorf("consensus stopped: %v", keyvals[i+1]))
			return
		}
	}
	l.failed(fmt.Errorf("consensus stopped"))
}

func (l logger) With(keyvals ...any) log.Logger {
	return logger{l.to.With(keyvals...), l.failed}
}
