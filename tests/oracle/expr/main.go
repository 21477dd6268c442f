// Command expr answers cases as Argo Workflows evaluates an rbac-rule: the expression is compiled
// against a map of the claims, run, and its result must be a bool.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/expr-lang/expr"

	"claimgate.dev/oracle/table"
)

func main() { table.Serve(ask) }

const patience = 20 * time.Second

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
	defer func() {
		if cause := recover(); cause != nil {
			answer = table.Answer{Outcome: stage, Message: fmt.Sprint("panic: ", cause)}
		}
	}()
	claims := map[string]any{}
	if err := json.Unmarshal(c.Claims, &claims); err != nil {
		return table.Answer{Message: err.Error()}
	}
	program, err := expr.Compile(c.Expression, expr.Env(claims))
	if err != nil {
		return table.Answer{Outcome: table.Load, Message: err.Error()}
	}
	stage = table.Run
	result, err := expr.Run(program, claims)
	if err != nil {
		return table.Answer{Outcome: table.Run, Message: err.Error()}
	}
	value, err := tag(result)
	if err != nil {
		return table.Answer{Message: err.Error()}
	}
	if _, ok := result.(bool); ok {
		return table.Answer{Outcome: table.Value, Value: value, HasValue: true}
	}
	return table.Answer{
		Outcome: table.Type, Value: value, HasValue: true,
		Message: fmt.Sprintf("the result is %T, not a bool", result),
	}
}

func tag(result any) (any, error) {
	switch v := result.(type) {
	case nil:
		return nil, nil
	case time.Time:
		return table.Tagged("timestamp", v.Format(time.RFC3339Nano)), nil
	case time.Duration:
		return table.Tagged("duration", v.String()), nil
	case *time.Location:
		return table.Tagged("timezone", v.String()), nil
	case []byte:
		return table.Tagged("bytes", base64.StdEncoding.EncodeToString(v)), nil
	}
	v := reflect.ValueOf(result)
	switch v.Kind() {
	case reflect.Bool, reflect.String:
		return result, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return table.Int(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return table.Uint(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return table.Double(v.Float()), nil
	case reflect.Slice, reflect.Array:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			item, err := tag(v.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	case reflect.Map:
		return tagMap(v)
	case reflect.Func:
		return table.Tagged("function", ""), nil
	}
	return nil, fmt.Errorf("no tag for a result of type %T", result)
}

func tagMap(v reflect.Value) (any, error) {
	pairs := make([][2]any, 0, v.Len())
	for _, name := range v.MapKeys() {
		key, err := tag(name.Interface())
		if err != nil {
			return nil, err
		}
		item, err := tag(v.MapIndex(name).Interface())
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]any{key, item})
	}
	return table.Map(pairs)
}
