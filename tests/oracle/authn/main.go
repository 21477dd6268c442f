// Command authn answers whole AuthenticationConfiguration files as the Kubernetes API server reads
// them: whether the file is accepted, and which user info each token yields. Keys come from the case,
// so nothing is fetched.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	jose "gopkg.in/go-jose/go-jose.v2"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	"k8s.io/klog/v2"

	"claimgate.dev/oracle/table"
)

var (
	scheme   = runtime.NewScheme()
	codecs   = serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	compiler = authenticationcel.NewDefaultCompiler()
)

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	install.Install(scheme)
	scanner, out := bufio.NewScanner(os.Stdin), bufio.NewWriter(os.Stdout)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var c table.Configuration
		if err := json.Unmarshal(scanner.Bytes(), &c); err != nil {
			fail(err)
		}
		answer(&c)
		line, err := table.Marshal(c)
		if err != nil {
			fail(err)
		}
		out.Write(append(line, '\n'))
	}
	if err := errors.Join(scanner.Err(), out.Flush()); err != nil {
		fail(err)
	}
}

func answer(c *table.Configuration) {
	configuration, err := load([]byte(c.Config))
	if err != nil {
		c.Outcome, c.Message, c.Tokens = table.Load, err.Error(), nil
		return
	}
	c.Outcome, c.Message = table.Value, ""
	authenticators, err := build(configuration, c.Keys)
	if err != nil {
		c.Outcome, c.Message, c.Tokens = table.Load, err.Error(), nil
		return
	}
	for i := range c.Tokens {
		ask(authenticators, &c.Tokens[i])
	}
}

func load(data []byte) (*apiserver.AuthenticationConfiguration, error) {
	if len(data) == 0 {
		return nil, errors.New("the file is empty")
	}
	decoded, err := runtime.Decode(codecs.UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	configuration, ok := decoded.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("expected AuthenticationConfiguration, got %T", decoded)
	}
	return configuration, validation.ValidateAuthenticationConfiguration(compiler, configuration, nil).ToAggregate()
}

func build(configuration *apiserver.AuthenticationConfiguration, keys json.RawMessage) ([]authenticator.Token, error) {
	var all []authenticator.Token
	for _, entry := range configuration.JWT {
		entry.Issuer.DiscoveryURL = "" // a place to fetch keys from, and excludes given keys
		var known keySet = trusting{}
		if len(keys) > 0 {
			var set jose.JSONWebKeySet
			if err := json.Unmarshal(keys, &set); err != nil {
				fail(err)
			}
			known = static{set}
		}
		one, err := oidc.New(context.Background(), oidc.Options{
			JWTAuthenticator: entry, KeySet: known, Client: &http.Client{},
			Compiler: compiler, SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
		})
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// ask tries the authenticators in the order of the file; the first that accepts the token decides.
func ask(all []authenticator.Token, t *table.Token) {
	token := t.Token
	if token == "" {
		encode := base64.RawURLEncoding.EncodeToString
		token = encode([]byte(`{"alg":"RS256"}`)) + "." + encode(t.Claims) + "." + encode([]byte("signature"))
	}
	t.User, t.Message = nil, "no authenticator for this issuer"
	for _, one := range all {
		response, ok, err := one.AuthenticateToken(context.Background(), token)
		if err != nil {
			t.Message = err.Error()
		}
		if ok && err == nil {
			t.Message = ""
			t.User = &table.User{
				Username: response.User.GetName(), UID: response.User.GetUID(),
				Groups: response.User.GetGroups(), Extra: response.User.GetExtra(),
			}
			return
		}
	}
}

type keySet interface {
	VerifySignature(ctx context.Context, token string) ([]byte, error)
}

// static verifies with the keys of the case, chosen by key ID, or by trying all where there is none.
type static struct{ keys jose.JSONWebKeySet }

func (s static) VerifySignature(_ context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token)
	if err != nil {
		return nil, err
	}
	if len(signed.Signatures) != 1 {
		return nil, errors.New("one signature is expected")
	}
	id := signed.Signatures[0].Header.KeyID
	for _, key := range s.keys.Keys {
		if id == "" || key.KeyID == id {
			if payload, err := signed.Verify(&key); err == nil {
				return payload, nil
			}
		}
	}
	return nil, errors.New("no key verifies the signature")
}

// trusting takes every signature for good: for cases that are given as claims.
type trusting struct{}

func (trusting) VerifySignature(_ context.Context, token string) ([]byte, error) {
	parts := strings.Split(token, ".")
	if !slices.ContainsFunc(parts, func(p string) bool { return p != "" }) || len(parts) != 3 {
		return nil, errors.New("not a compact JWS")
	}
	return base64.RawURLEncoding.DecodeString(parts[1])
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
