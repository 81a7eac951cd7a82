// Sends the trace on standard input with an encoder that is neither Google's nor an SDK's: the Collector's pdata.
//
//	otlp_go --protocol grpc|http/protobuf|http/json --endpoint HOST:PORT [--gzip] < request.json
//
// Standard input is an OTLP/JSON ExportTraceServiceRequest. The environment variable AUTHORIZATION is sent as that
// header. Exits 1, with one line, unless everything was accepted.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	gzipcodec "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
)

// timeout is as long as OpenTelemetry's exporters give a request.
const timeout = 10 * time.Second

func main() {
	log.SetFlags(0)
	log.SetPrefix("otlp_go: ")
	protocol := flag.String("protocol", "grpc", "grpc, http/protobuf or http/json")
	endpoint := flag.String("endpoint", "", "host:port")
	compressed := flag.Bool("gzip", false, "compress the request")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := run(ctx, *protocol, *endpoint, *compressed); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, protocol, endpoint string, compressed bool) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
	if err != nil {
		return fmt.Errorf("standard input is no OTLP/JSON: %w", err)
	}
	request := ptraceotlp.NewExportRequestFromTraces(traces)
	var response ptraceotlp.ExportResponse
	switch protocol {
	case "grpc":
		response, err = sendGRPC(ctx, endpoint, request, compressed)
	case "http/protobuf":
		response, err = sendHTTP(ctx, endpoint, "application/x-protobuf", request.MarshalProto,
			ptraceotlp.ExportResponse.UnmarshalProto, compressed)
	case "http/json":
		response, err = sendHTTP(ctx, endpoint, "application/json", request.MarshalJSON,
			ptraceotlp.ExportResponse.UnmarshalJSON, compressed)
	default:
		err = fmt.Errorf("no protocol %q", protocol)
	}
	if err != nil {
		return err
	}
	if partial := response.PartialSuccess(); partial.RejectedSpans() != 0 || partial.ErrorMessage() != "" {
		return fmt.Errorf("%d spans rejected: %s", partial.RejectedSpans(), partial.ErrorMessage())
	}
	return nil
}

func sendGRPC(
	ctx context.Context, endpoint string, request ptraceotlp.ExportRequest, compressed bool,
) (response ptraceotlp.ExportResponse, err error) {
	connection, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return response, err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	var options []grpc.CallOption
	if compressed {
		options = append(options, grpc.UseCompressor(gzipcodec.Name))
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", os.Getenv("AUTHORIZATION"))
	return ptraceotlp.NewGRPCClient(connection).Export(ctx, request, options...)
}

func sendHTTP(
	ctx context.Context, endpoint, contentType string, encode func() ([]byte, error),
	decode func(ptraceotlp.ExportResponse, []byte) error, compressed bool,
) (ptraceotlp.ExportResponse, error) {
	response := ptraceotlp.NewExportResponse()
	body, err := encode()
	if err != nil {
		return response, err
	}
	if compressed {
		if body, err = zip(body); err != nil {
			return response, err
		}
	}
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+endpoint+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		return response, err
	}
	call.Header.Set("content-type", contentType)
	call.Header.Set("authorization", os.Getenv("AUTHORIZATION"))
	if compressed {
		call.Header.Set("content-encoding", "gzip")
	}
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		return response, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return response, err
	}
	if got := answer.Header.Get("content-type"); answer.StatusCode != http.StatusOK || got != contentType {
		return response, fmt.Errorf("status %d, %s: %q", answer.StatusCode, got, text)
	}
	return response, decode(response, text)
}

func zip(body []byte) ([]byte, error) {
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	if _, err := writer.Write(body); err != nil {
		return nil, err
	}
	err := writer.Close()
	return zipped.Bytes(), err
}
