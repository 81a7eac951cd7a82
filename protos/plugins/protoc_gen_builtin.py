"""A protoc plugin around the code generators that grpcio-tools carries inside its protoc.

Usage: protoc_gen_builtin.py {python|grpc_python}, with a CodeGeneratorRequest on standard input.

buf runs plugins as programs; grpcio-tools has its generators built in and offers no such program. This hands
the request's descriptors to that protoc and returns the files it writes, so that no other protoc is needed.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def generate(request: plugin_pb2.CodeGeneratorRequest, generator: str) -> plugin_pb2.CodeGeneratorResponse:
    """Return what protoc's built-in `generator` writes for the files to generate, or its failure as an error."""
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    with tempfile.TemporaryDirectory() as directory:
        descriptors = Path(directory, "descriptors.binpb")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(directory, "out")
        out.mkdir()
        arguments = [f"--descriptor_set_in={descriptors}", f"--{generator}_out={out}", *request.file_to_generate]
        if protoc.main(["protoc", *arguments]) != 0:
            response.error = f"protoc failed with --{generator}_out; its messages are above"
            return response
        for path in sorted(out.rglob("*.py")):
            response.file.add(name=path.relative_to(out).as_posix(), content=path.read_text())
    return response


if __name__ == "__main__":
    incoming = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(incoming, sys.argv[1]).SerializeToString())
