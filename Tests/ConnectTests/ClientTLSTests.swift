// SPDX-License-Identifier: MIT

import Connect
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import ConnectClient

/// Calls over TLS: who is believed, and what is spoken.
@Suite(.serialized) struct ClientTLSTests {
    /// A directory with a certificate of its own authority for `localhost`, made afresh: no key is kept in the sources.
    private static func withCertificate(_ body: (_ certificate: String, _ key: String) async throws -> Void)
        async throws
    {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tls-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let (certificate, key) = (directory.path + "/cert.pem", directory.path + "/key.pem")
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        try await body(certificate, key)
        try FileManager.default.removeItem(at: directory)
    }

    private static func context(_ certificate: String, _ key: String, speaks protocols: [String]) throws
        -> NIOSSLContext
    {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.applicationProtocols = protocols
        return try NIOSSLContext(configuration: configuration)
    }

    private static func configuration(
        _ address: String, _ version: RPCClientConfiguration.HTTPVersion, trust: RPCClientTLS.Trust
    ) -> RPCClientConfiguration {
        let port = address.split(separator: ":").last ?? ""
        var configuration = ClientWay(.connect, .proto, version).configuration()
        configuration.baseURLs = ["https://localhost:\(port)"]
        configuration.tls.trust = trust
        configuration.retry = .never
        return configuration
    }

    private static let answer: ScriptedServer.Script = { request in
        request.answer.send(.ok, ["content-type": "application/proto"], request.body)
    }

    @Test(arguments: [RPCClientConfiguration.HTTPVersion.http1, .http2])
    func aServerIsBelievedWhenItsAuthorityIs(_ version: RPCClientConfiguration.HTTPVersion) async throws {
        try await Self.withCertificate { certificate, key in
            let tls = try Self.context(certificate, key, speaks: ["h2", "http/1.1"])
            try await ScriptedServer.run(version, tls: tls, script: Self.answer) { server, address in
                var request = Connect_Test_V1_EchoRequest()
                request.text = "secret"
                let configuration = Self.configuration(address, version, trust: .file(certificate))
                try await withClient(configuration) { client in
                    let answered = try await client.unary(EchoService.echo, request)
                    #expect(answered.text == "secret")
                }
                let calls = server.requestCount
                try await withClient(Self.configuration(address, version, trust: .system)) { client in
                    let error = await failure { try await client.unary(EchoService.echo, request) }
                    #expect(error?.code == .unavailable)
                }
                var misnamed = Self.configuration(address, version, trust: .file(certificate))
                misnamed.tls.serverName = "example.org"
                try await withClient(misnamed) { client in
                    let error = await failure { try await client.unary(EchoService.echo, request) }
                    #expect(error?.code == .unavailable)
                }
                #expect(server.requestCount == calls)
            }
        }
    }

    @Test func aServerThatDoesNotAgreeOnHTTP2IsNotUsed() async throws {
        try await Self.withCertificate { certificate, key in
            let tls = try Self.context(certificate, key, speaks: ["http/1.1"])
            try await ScriptedServer.run(.http1, tls: tls, script: Self.answer) { server, address in
                try await withClient(Self.configuration(address, .http2, trust: .file(certificate))) { client in
                    let error = await failure {
                        try await client.unary(EchoService.echo, Connect_Test_V1_EchoRequest())
                    }
                    #expect(error?.code == .unavailable)
                    #expect(error?.message.contains("does not speak HTTP/2 over TLS") == true)
                }
                #expect(server.requestCount == 0)
            }
        }
    }
}
