// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import Testing

/// Python's connectrpc, with messages that Google's own runtime builds from our schemas: nothing of ours is on the client's side.
@Suite struct ConnectPythonTests {
    /// Prints what it got, one fact a line.
    private static let script = """
        import sys, tempfile
        import grpc_tools
        from grpc_tools import protoc
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        from connectrpc.client import ConnectClientSync
        from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
        from connectrpc.errors import ConnectError
        from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
        from connectrpc.protocol import ProtocolType
        from pyqwest import HTTPVersion, SyncClient, SyncHTTPTransport

        address, schemas, codec, protocol = sys.argv[1:5]
        with tempfile.NamedTemporaryFile() as out:
            files = ["navarch/v1/agent.proto", "navarch/v1/commands.proto"]
            known = grpc_tools.__path__[0] + "/_proto"
            arguments = ["protoc", "-I" + schemas, "-I" + known, "--include_imports", "--descriptor_set_out=" + out.name]
            assert protoc.main(arguments + files) == 0
            described = descriptor_pb2.FileDescriptorSet.FromString(open(out.name, "rb").read())
        pool = descriptor_pool.DescriptorPool()
        for file in described.file:
            pool.Add(file)

        def method(service, name):
            found = pool.FindServiceByName(service).methods_by_name[name]
            return MethodInfo(
                name=name, service_name=service, stream_type=StreamType.UNARY, idempotency_level=IdempotencyLevel.UNKNOWN,
                input=message_factory.GetMessageClass(found.input_type),
                output=message_factory.GetMessageClass(found.output_type))

        codecs = {"proto": google_protobuf_binary_codec, "json": google_protobuf_json_codec}
        # gRPC needs HTTP/2, which a client takes for granted only when it is told to.
        transport = SyncHTTPTransport(http_version=HTTPVersion.HTTP2) if protocol == "GRPC" else SyncHTTPTransport()
        client = ConnectClientSync(
            address, codec=codecs[codec](), protocol=ProtocolType[protocol], http_client=SyncClient(transport))
        headers = {"authorization": "Bearer secret", "x-navarch-actor": "connectrpc"}

        def call(service, name, **fields):
            info = method(service, name)
            return client.execute_unary(request=info.input(**fields), method=info, headers=headers, timeout_ms=20000)

        def name(message, field):
            kind = message.DESCRIPTOR.fields_by_name[field].enum_type
            return kind.values_by_number[getattr(message, field)].name

        registered = call("navarch.v1.AgentService", "RegisterNode", node_id="n1", provider="gcp")
        print(name(registered, "node_status"), registered.config.heartbeat_interval_seconds)
        issued = call("navarch.v1.CommandService", "IssueCommand", node_id="n1", command_type=3).command
        print(name(issued, "state"), issued.issued_by)
        try:
            call("navarch.v1.CommandService", "IssueCommand")
        except ConnectError as error:
            print(error.code.name, len(error.details), error.message)
        client.close()
        """

    /// The repository, from this file's place in it.
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test(arguments: [("proto", "CONNECT"), ("json", "CONNECT"), ("proto", "GRPC")])
    func connectrpcRegistersANodeAndIssuesACommand(_ codec: String, _ rpcProtocol: String) async throws {
        let python = Self.root.appending(path: ".build/venv/bin/python").path
        try #require(
            FileManager.default.isExecutableFile(atPath: python), "\(python) is missing: run `make install-python`")
        let schemas = Self.root.appending(path: "Sources/NavarchWire/Protos").path
        try await withFleet(tokens: ["secret"]) { replica in
            let lines = try await ChildProcess.run(
                python, ["-c", Self.script, replica.baseURL, schemas, codec, rpcProtocol])
            #expect(
                lines == [
                    "NODE_STATUS_ACTIVE 30", "COMMAND_STATE_QUEUED operator/connectrpc",
                    "INVALID_ARGUMENT 1 node_id is required (one of 2 violations)",
                ])
        }
    }
}
