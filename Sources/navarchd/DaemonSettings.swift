// SPDX-License-Identifier: MIT
import Configuration
import Foundation
import Logging
import NavarchControl
import NavarchModel

/// Everything that one replica is told from outside.
struct DaemonSettings: Sendable {
    /// Where to listen.
    var host = "127.0.0.1"
    /// Where to listen; 0 takes a free port.
    var port = 50_051
    /// Where others reach this replica; empty: where it listens.
    var advertise = ""
    /// Where it runs.
    var region = ""
    /// The pool's database; may lead through PgBouncer in transaction mode (C5).
    var database = ""
    /// Straight to the primary: LISTEN and locks (C6); empty: as `database`.
    var sessionDatabase = ""
    /// Connections in the pool.
    var poolSize = 4
    /// Shared bearer tokens; none leaves every path open.
    var tokens: [String] = []
    /// What the control plane is told.
    var control = ControlSettings()
    /// How long balancers get to see that the replica is not ready, before its port closes.
    var drainNotice = Duration.seconds(1)
    /// How long calls in flight may go on after that.
    var drainGrace = Duration.seconds(30)
    /// A folder of migrations to take the schema range from; nil: from those that this binary carries.
    var migrations: String?
    /// What is logged.
    var logLevel = Logger.Level.info
}

extension DaemonSettings {
    /// The settings that `values` of `DaemonSchema` hold.
    /// - Throws: what is wrong with them together: each alone was accepted.
    init(_ values: ConfigurationValues) throws(ConfigurationErrors) {
        self.init()
        if let address = values.string("server.address").flatMap(HostAndPort.init) {
            (host, port) = (address.host, address.port)
        }
        advertise = values.string("server.advertise") ?? ""
        region = values.string("server.region") ?? ""
        database = values.string("database.url") ?? ""
        sessionDatabase = values.string("database.session_url") ?? ""
        poolSize = values.int("database.pool_size") ?? poolSize
        control.notifies = values.bool("server.notify") ?? true
        drainNotice = values.duration("server.drain_notice") ?? drainNotice
        drainGrace = values.duration("server.drain_grace") ?? drainGrace
        logLevel = values.string("log.level").flatMap { Logger.Level(rawValue: $0) } ?? logLevel
        takeTimes(values)
        var mistakes: [ConfigurationMistake] = []
        do throws(LivenessTiming.Violation) {
            _ = try LivenessTiming(interval: control.node.heartbeatInterval, timeout: control.heartbeatTimeout)
        } catch {
            let path = "server.heartbeat_timeout"
            mistakes.append(
                ConfigurationMistake(
                    source: values.source(of: path) ?? "default", path: path, message: error.description))
        }
        do throws(ConfigurationMistake) { tokens = try Self.tokens(values) } catch { mistakes.append(error) }
        if !mistakes.isEmpty { throw ConfigurationErrors(mistakes: mistakes) }
    }

    private mutating func takeTimes(_ values: ConfigurationValues) {
        let node = control.node
        control.node.heartbeatInterval = values.duration("server.heartbeat_interval") ?? node.heartbeatInterval
        control.node.healthCheckInterval = values.duration("server.health_check_interval") ?? node.healthCheckInterval
        // The original's rule; below 30 s the default of the timeout stays, since no outage of ours is shorter for that.
        control.heartbeatTimeout =
            values.duration("server.heartbeat_timeout")
            ?? max(control.heartbeatTimeout, control.node.heartbeatInterval * 3)
        let retention = control.retention
        control.retention.commands = values.duration("retention.commands") ?? retention.commands
        control.retention.events = values.duration("retention.events") ?? retention.events
        control.retention.healthReports = values.duration("retention.health_reports") ?? retention.healthReports
    }

    private static func tokens(_ values: ConfigurationValues) throws(ConfigurationMistake) -> [String] {
        var tokens = [values.string("auth.token")].compactMap { $0 }
        if let path = values.string("auth.token_file") {
            do {
                tokens += try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
                    .map(String.init)
            } catch {
                throw ConfigurationMistake(
                    source: values.source(of: "auth.token_file") ?? "", path: "auth.token_file",
                    message: "\(path) cannot be read")
            }
        }
        return tokens.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
