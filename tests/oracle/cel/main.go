// Command cel answers cases as the Kubernetes API server evaluates the expressions of an
// AuthenticationConfiguration. Each case becomes an authenticator of its own with the expression in
// the place that its kind names; a token with the case's claims goes in, and what comes out is the
// answer. The compiler handed to the authenticator is Kubernetes' own; it is only wrapped so that the
// value of the expression is seen before the authenticator converts it.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	"k8s.io/klog/v2"

	"claimgate.dev/oracle/table"
)

const (
	issuer   = "https://issuer.example"
	audience = "claimgate"
	expires  = 4102444800 // 2100-01-01
	helper   = "has(claims.email_verified) || true"
	patience = 120 * time.Second
)

var original = authenticationcel.NewDefaultCompiler()

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	flag.Parse()
	table.Serve(ask)
}

func ask(c table.Case) table.Answer {
	answers := make(chan table.Answer, 1)
	go func() { answers <- evaluate(c) }()
	select {
	case answer := <-answers:
		return answer
	case <-time.After(patience):
		return table.Answer{Message: "no answer in time"}
	}
}

func evaluate(c table.Case) (answer table.Answer) {
	stage := table.Load
	defer func() { // the type checker itself can panic, which refuses the configuration
		if cause := recover(); cause != nil {
			answer = table.Answer{Outcome: stage, Message: fmt.Sprint("panic: ", cause)}
		}
	}()
	claims, config, err := question(c)
	if err != nil {
		return table.Answer{Message: err.Error()}
	}
	emailRule := false
	if c.Kind == "username" {
		_, problems := validation.CompileAndValidateJWTAuthenticator(original, config, nil)
		emailRule = problems != nil && strings.Contains(problems.ToAggregate().Error(), "claims.email_verified must be used")
		if emailRule {
			config.ClaimValidationRules = append(config.ClaimValidationRules, apiserver.ClaimValidationRule{Expression: helper})
		}
	}
	compiler := &recorder{Compiler: original, expression: c.Expression}
	accepted, err := newAuthenticator(config, compiler)
	if err != nil {
		return table.Answer{Outcome: table.Load, Message: reason(err), EmailRule: emailRule}
	}
	token, err := unsigned(claims)
	if err != nil {
		return table.Answer{Message: err.Error()}
	}
	stage = table.Run
	response, ok, err := accepted.AuthenticateToken(context.Background(), token)
	answer = judge(c.Kind, compiler, response, ok, err)
	answer.EmailRule = emailRule
	return answer
}

// question is the authenticator and the claims of the token that put a case's expression to work.
func question(c table.Case) (map[string]any, apiserver.JWTAuthenticator, error) {
	config := apiserver.JWTAuthenticator{Issuer: apiserver.Issuer{URL: issuer, Audiences: []string{audience}}}
	none := ""
	config.ClaimMappings.Username = apiserver.PrefixedClaimOrExpression{Expression: "'someone'"}
	claims := map[string]any{}
	var err error
	switch c.Kind {
	case "claimValidation":
		config.ClaimValidationRules = []apiserver.ClaimValidationRule{{Expression: c.Expression}}
	case "username":
		config.ClaimMappings.Username.Expression = c.Expression
	case "groups":
		config.ClaimMappings.Groups.Expression = c.Expression
	case "uid":
		config.ClaimMappings.UID.Expression = c.Expression
	case "extra":
		config.ClaimMappings.Extra = []apiserver.ExtraMapping{{Key: "example.com/extra", ValueExpression: c.Expression}}
	case "userValidation":
		config.UserValidationRules = []apiserver.UserValidationRule{{Expression: c.Expression}}
		config.ClaimMappings.Username = apiserver.PrefixedClaimOrExpression{Claim: "username", Prefix: &none}
		config.ClaimMappings.Groups = apiserver.PrefixedClaimOrExpression{Claim: "groups", Prefix: &none}
		config.ClaimMappings.UID.Claim = "uid"
		claims, config.ClaimMappings.Extra, err = userClaims(c.User)
	default:
		err = fmt.Errorf("no kind %q", c.Kind)
	}
	if err == nil && c.Kind != "userValidation" {
		err = json.Unmarshal(c.Claims, &claims)
	}
	for name, value := range map[string]any{"iss": issuer, "aud": audience, "exp": expires} {
		if _, there := claims[name]; !there {
			claims[name] = value
		}
	}
	return claims, config, err
}

// userClaims is a token and the mappings that yield exactly the user of a case.
func userClaims(user json.RawMessage) (map[string]any, []apiserver.ExtraMapping, error) {
	var info struct {
		Username string              `json:"username"`
		UID      string              `json:"uid"`
		Groups   []string            `json:"groups"`
		Extra    map[string][]string `json:"extra"`
	}
	if err := json.Unmarshal(user, &info); err != nil {
		return nil, nil, err
	}
	claims := map[string]any{"username": info.Username, "uid": info.UID}
	if info.Groups != nil {
		claims["groups"] = info.Groups
	}
	var extra []apiserver.ExtraMapping
	var values [][]string
	for key, list := range info.Extra {
		extra = append(extra, apiserver.ExtraMapping{Key: key, ValueExpression: fmt.Sprintf("claims.extra[%d]", len(values))})
		values = append(values, list)
	}
	claims["extra"] = values
	return claims, extra, nil
}

func newAuthenticator(config apiserver.JWTAuthenticator, compiler authenticationcel.Compiler) (authenticator.Token, error) {
	return oidc.New(context.Background(), oidc.Options{
		JWTAuthenticator:     config,
		KeySet:               trusting{},
		Compiler:             compiler,
		SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(),
	})
}

// reason is what a refusal says behind the path and the echo of the expression.
func reason(err error) string {
	text := err.Error()
	for _, mark := range []string{"compilation failed: ERROR: ", "\": "} {
		if _, after, found := strings.Cut(text, mark); found {
			return after
		}
	}
	return text
}

// judge turns what the authenticator did into an answer.
func judge(kind string, seen *recorder, response *authenticator.Response, ok bool, err error) table.Answer {
	if seen.err != nil {
		return table.Answer{Outcome: table.Run, Message: seen.err.Error()}
	}
	if seen.value == nil {
		return table.Answer{Message: fmt.Sprint("never evaluated: ", err)}
	}
	value, tagError := tag(seen.value)
	if tagError != nil {
		return table.Answer{Message: tagError.Error()}
	}
	answer := table.Answer{Outcome: table.Value, Value: value, HasValue: true}
	isBool := seen.value.Type() == celgo.BoolType
	switch {
	case (kind == "claimValidation" || kind == "userValidation") && isBool:
		return answer // false refuses the token, which is a value all the same
	case err != nil || !ok:
		answer.Outcome, answer.Message = table.Type, fmt.Sprint(err)
	case kind == "groups":
		answer.Strings = response.User.GetGroups()
	case kind == "extra":
		answer.Strings = response.User.GetExtra()["example.com/extra"]
	}
	return answer
}

// recorder is Kubernetes' compiler, listening to the one expression that is asked about.
type recorder struct {
	authenticationcel.Compiler
	expression string
	value      ref.Val
	err        error
}

func (r *recorder) CompileClaimsExpression(e authenticationcel.ExpressionAccessor) (authenticationcel.CompilationResult, error) {
	return r.listen(r.Compiler.CompileClaimsExpression(e))
}

func (r *recorder) CompileUserExpression(e authenticationcel.ExpressionAccessor) (authenticationcel.CompilationResult, error) {
	return r.listen(r.Compiler.CompileUserExpression(e))
}

func (r *recorder) listen(result authenticationcel.CompilationResult, err error) (authenticationcel.CompilationResult, error) {
	if err == nil && result.ExpressionAccessor.GetExpression() == r.expression {
		result.Program = &program{result.Program, r}
	}
	return result, err
}

type program struct {
	celgo.Program
	recorder *recorder
}

func (p *program) ContextEval(ctx context.Context, input any) (ref.Val, *celgo.EvalDetails, error) {
	value, details, err := p.Program.ContextEval(ctx, input)
	p.recorder.value, p.recorder.err = value, err
	return value, details, err
}

// trusting is a key set that takes every signature for good: signatures are not what is asked here.
type trusting struct{}

func (trusting) VerifySignature(_ context.Context, token string) ([]byte, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a compact JWS")
	}
	return base64.RawURLEncoding.DecodeString(parts[1])
}

func unsigned(claims map[string]any) (string, error) {
	payload, err := table.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode(payload) + "." + encode([]byte("signature")), nil
}
