// Package bus carries messages between Torg's parts: an embedded NATS server and
// connections to it. The bus carries and never decides; losing it loses no contract.
package bus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// MaxMessage is the largest message in bytes.
const MaxMessage = 8 << 20

// ErrNobody says that nobody answers on a subject.
var ErrNobody = errors.New("nobody answers on the bus")

// Server is an embedded bus.
type Server struct {
	ns  *server.Server
	url string
}

// Start starts a bus that listens on a loopback address such as 127.0.0.1:0 (any
// free port). Only who knows its URL, which carries a random token, may connect.
func Start(listen string) (*Server, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("bus address %q: %w", listen, err)
	}
	port, err := strconv.Atoi(portText)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("bus address %q: must be a loopback address with a port", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	token := rand.Text()
	ns, err := server.NewServer(&server.Options{
		ServerName: "torg", Host: host, Port: port, Authorization: token,
		MaxPayload: MaxMessage, NoLog: true, NoSigs: true,
	})
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	if free, err := net.Listen("tcp", listen); err != nil {
		return nil, fmt.Errorf("bus address %s is taken: %w", listen, err)
	} else if err := free.Close(); err != nil {
		return nil, fmt.Errorf("bus address %s: %w", listen, err)
	}
	go ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		ns.Shutdown()
		return nil, fmt.Errorf("bus address %s: the server did not start", listen)
	}
	return &Server{ns: ns, url: fmt.Sprintf("nats://%s@%s", token, ns.Addr())}, nil
}

// URL is where to connect, with the token.
func (s *Server) URL() string { return s.url }

// Stop ends the server and waits until it is down.
func (s *Server) Stop() {
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}

// Conn is a connection to the bus. It reconnects by itself, for ever.
type Conn struct{ nc *nats.Conn }

// Connect connects to a bus under a name that its server logs.
func Connect(url, name string) (*Conn, error) {
	nc, err := nats.Connect(url, nats.Name(name), nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond), nats.Timeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("no bus at the address given: %w", err)
	}
	return &Conn{nc}, nil
}

// Close ends the connection after what is under way.
func (c *Conn) Close() {
	if err := c.nc.Drain(); err != nil {
		c.nc.Close()
	}
}

// Connected says whether the bus is there at this moment.
func (c *Conn) Connected() bool { return c.nc.IsConnected() }

// Request asks and waits for one answer. ErrNobody: nobody serves the subject.
func (c *Conn) Request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	m, err := c.nc.RequestWithContext(ctx, subject, data)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, fmt.Errorf("request on %s: %w", subject, err)
	}
	return m.Data, nil
}

// Serve answers requests on a subject together with all others of the same queue
// group: each request goes to one of them. A request that f refuses gets no answer.
// stop ends it after what has come is answered.
func (c *Conn) Serve(subject, queue string, f func(data []byte) ([]byte, error)) (stop func(), err error) {
	sub, err := c.nc.QueueSubscribe(subject, queue, func(m *nats.Msg) {
		if answer, err := f(m.Data); err == nil {
			_ = m.Respond(answer) // whoever asked may be gone
		}
	})
	if err != nil {
		return nil, fmt.Errorf("serving %s: %w", subject, err)
	}
	if err := c.nc.FlushTimeout(5 * time.Second); err != nil {
		return nil, fmt.Errorf("serving %s: %w", subject, err)
	}
	return func() {
		_ = sub.Drain()
		_ = c.nc.FlushTimeout(5 * time.Second)
	}, nil
}
