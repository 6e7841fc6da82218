// SPDX-License-Identifier: MIT
import BuildInfo
import Configuration
import Foundation
import NavarchAgent
import NavarchClient

/// Everything that an agent is told from outside.
struct AgentSettings {
    /// Base URLs of the control plane.
    let servers: [String]
    /// Where the bearer token comes from.
    let token: TokenSource
    /// The folder of the journal.
    let stateDirectory: String
    /// Pretended GPUs; nil: the real ones.
    let fakeGPUs: Int?
    private let values: ConfigurationValues

    /// The settings that `values` of `AgentSchema` hold.
    /// - Throws: what is wrong with them together.
    init(_ values: ConfigurationValues, _ environment: [String: String]) throws(ConfigurationErrors) {
        self.values = values
        servers = values.strings("server").flatMap { ServerAddress.list($0) }.map { ServerAddress.withScheme($0) }
        stateDirectory = values.string("state_dir") ?? Self.defaultStateDirectory(environment)
        fakeGPUs = values.int("fake_gpus") ?? Self.originalsFakeGPUs(environment)
        do throws(ConfigurationMistake) {
            token = try Self.token(values)
            if let node = values.string("node_id"), node.isEmpty {
                throw ConfigurationMistake(
                    source: values.source(of: "node_id") ?? "", path: "node_id", message: "a node needs a name")
            }
        } catch {
            throw ConfigurationErrors(mistakes: [error])
        }
    }

    /// A text of `AgentSchema`.
    func string(_ path: String) -> String? { values.string(path) }

    /// What the session of `node` is told.
    func sessionConfiguration(_ node: String) -> AgentConfiguration {
        var configuration = AgentConfiguration(nodeID: node)
        configuration.provider = string("provider") ?? ""
        configuration.region = string("region") ?? ""
        configuration.zone = string("zone") ?? ""
        configuration.instanceType = string("instance_type") ?? ""
        configuration.version = BuildInfo.version
        configuration.expectedGPUs = values.int("expect_gpus") ?? fakeGPUs
        configuration.labels = values.pairs("labels")
        if let pool = string("pool"), !pool.isEmpty { configuration.labels["pool"] = pool }
        return configuration
    }

    /// The one from the stronger source; both from one source exclude each other.
    private static func token(_ values: ConfigurationValues) throws(ConfigurationMistake) -> TokenSource {
        let file = values.string("auth_token_file").map { TokenSource.file(path: $0) }
        guard let literal = values.string("auth_token"), let ofLiteral = values.origin(of: "auth_token") else {
            return file ?? .none
        }
        guard let file, let ofFile = values.origin(of: "auth_token_file") else { return .literal(literal) }
        if ofFile == ofLiteral {
            throw ConfigurationMistake(
                source: values.source(of: "auth_token") ?? "", path: "auth_token",
                message: "and auth_token_file exclude each other")
        }
        return ofFile > ofLiteral ? file : .literal(literal)
    }

    /// The original's variables for pretended GPUs; its default is eight.
    private static func originalsFakeGPUs(_ environment: [String: String]) -> Int? {
        guard environment["NAVARCH_FAKE_GPU"] == "true" else { return nil }
        return environment["NAVARCH_GPU_COUNT"].flatMap { Int($0) }.flatMap { (0...1_024).contains($0) ? $0 : nil } ?? 8
    }

    private static func defaultStateDirectory(_ environment: [String: String]) -> String {
        if geteuid() == 0 { return "/var/lib/navarch-agent" }
        return (environment["XDG_STATE_HOME"] ?? NSHomeDirectory() + "/.local/state") + "/navarch-agent"
    }
}
