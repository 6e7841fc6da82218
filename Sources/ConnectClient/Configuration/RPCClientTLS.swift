// SPDX-License-Identifier: MIT

import Connect
import NIOSSL

/// How the client proves a server, and itself.
public struct RPCClientTLS: Sendable, Equatable {
    /// Whom to believe.
    public enum Trust: Sendable, Equatable {
        /// The authorities of the system.
        case system
        /// The authorities in a PEM file, and no others.
        case file(String)
        /// Anybody. For experiments only: who listens in can answer.
        case anybody
    }

    /// Whom to believe.
    public var trust = Trust.system
    /// The PEM file with the client's certificate and its chain, leaf first; nil for none.
    public var certificateFile: String?
    /// The PEM file with the certificate's key.
    public var keyFile: String?
    /// The name to ask for and to check in place of the URL's host.
    public var serverName: String?

    /// The system's authorities and no certificate.
    public init() {}

    /// The context for connections that speak `applicationProtocol`.
    ///
    /// - Throws: `.invalidArgument`, naming what could not be read.
    func makeContext(applicationProtocol: String) throws(RPCError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = [applicationProtocol]
        switch trust {
        case .system: configuration.trustRoots = .default
        case .file(let path): configuration.trustRoots = .file(path)
        case .anybody: configuration.certificateVerification = .none
        }
        do {
            if let certificateFile {
                let chain = try NIOSSLCertificate.fromPEMFile(certificateFile)
                configuration.certificateChain = chain.map { .certificate($0) }
                let key = try NIOSSLPrivateKey(file: keyFile ?? certificateFile, format: .pem)
                configuration.privateKey = .privateKey(key)
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw RPCError(.invalidArgument, "TLS of the client (\(self)): \(error)")
        }
    }
}
