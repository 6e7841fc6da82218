// SPDX-License-Identifier: MIT
import Foundation
import NavarchTestSupport
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

/// Clients that others wrote register a node and issue a command.
@Suite struct ThirdPartyTests {
    /// `make test` installs both.
    private static let curl = "/usr/bin/curl"
    private static let python = "/usr/bin/python3"

    @Test(arguments: ["--http1.1", "--http2-prior-knowledge"]) func curlRegistersANodeAndIssuesACommand(
        _ version: String
    ) async throws {
        try await withFleet(tokens: ["secret"]) { replica in
            let call = { (path: String, body: String) async throws -> String in
                let lines = try await ChildProcess.run(
                    Self.curl,
                    [
                        "-sS", version, "--noproxy", "*", "--max-time", "20", "-H", "content-type: application/json",
                        "-H",
                        "authorization: Bearer secret", "-w", " %{http_code} %{http_version}", "--data-binary", body,
                        replica.baseURL + path,
                    ])
                return lines.joined(separator: "\n")
            }
            let protocolUsed = version == "--http1.1" ? "1.1" : "2"
            let registered = try await call(AgentMethods.registerNode.path, #"{"nodeId":"n1","provider":"gcp"}"#)
            #expect(registered.hasSuffix(" 200 \(protocolUsed)"))
            #expect(registered.contains(#""nodeStatus":"NODE_STATUS_ACTIVE""#))
            let issued = try await call(
                CommandMethods.issueCommand.path, #"{"nodeId":"n1","commandType":"NODE_COMMAND_TYPE_RUN_DIAGNOSTIC"}"#)
            #expect(issued.contains(#""state":"COMMAND_STATE_QUEUED""#) && issued.hasSuffix(" 200 \(protocolUsed)"))
            let refused = try await call(CommandMethods.issueCommand.path, "{}")
            #expect(refused.contains(#""code":"invalid_argument""#) && refused.hasSuffix(" 400 \(protocolUsed)"))
        }
    }

    /// Python's grpcio with bytes for messages, so that nothing of ours generates them: prints the answers in hexadecimal,
    /// and code and message of the error that the last call must be.
    private static let script = """
        import sys
        import grpc

        def text(number, value):
            return bytes([number << 3 | 2, len(value)]) + value.encode()

        metadata = [("authorization", "Bearer secret"), ("x-navarch-actor", "python")]
        with grpc.insecure_channel(sys.argv[1], options=[("grpc.enable_http_proxy", 0)]) as channel:
            def call(path, message):
                same = lambda value: value
                method = channel.unary_unary(path, request_serializer=same, response_deserializer=same)
                return method(message, metadata=metadata, timeout=20)
            print(call("/navarch.v1.AgentService/RegisterNode", text(1, "n1") + text(2, "gcp")).hex())
            print(call("/navarch.v1.CommandService/IssueCommand", text(1, "n1") + bytes([2 << 3, 3])).hex())
            try:
                call("/navarch.v1.CommandService/IssueCommand", b"")
            except grpc.RpcError as error:
                details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
                print(error.code().name, len(details) > 0, error.details())
        """

    @Test func pythonsGRPCRegistersANodeAndIssuesACommand() async throws {
        try await withFleet(tokens: ["secret"]) { replica in
            let address = String(replica.baseURL.dropFirst("http://".count))
            let lines = try await ChildProcess.run(Self.python, ["-c", Self.script, address])
            try #require(lines.count == 3, "\(lines)")
            let registered = try Navarch_V1_RegisterNodeResponse(serializedBytes: Self.bytes(lines[0]))
            #expect(registered.nodeStatus == .active && registered.config.heartbeatIntervalSeconds == 30)
            let issued = try Navarch_V1_IssueCommandResponse(serializedBytes: Self.bytes(lines[1]))
            #expect(issued.command.state == .queued && issued.command.issuedBy == "operator/python")
            #expect(lines[2] == "INVALID_ARGUMENT True node_id is required (one of 2 violations)")
        }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}
