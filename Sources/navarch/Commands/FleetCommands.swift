// SPDX-License-Identifier: MIT

import ArgumentParser
import Connect
import NavarchClient
import NavarchWire

/// `navarch replicas list`.
struct ReplicasList: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the control plane's replicas.", aliases: ["ls"])

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        try await settings.withClient { client in
            let answer: Navarch_V1_ListReplicasResponse
            do throws(RPCError) {
                answer = try await client.replicas()
            } catch {
                throw Failure(error, action: "list replicas")
            }
            try Printer(format: settings.output, terminal: shell.terminal).list(
                answer, member: "replicas", nothing: "No replicas found", names: answer.replicas.map(\.replicaID)
            ) { FleetText.table(answer.replicas, now: shell.now()) }
        }
    }
}

/// `navarch instances list`.
struct InstancesList: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List cloud instances, in order of their ids.",
        discussion: "All of them, unless --page-size or --page-token asks for one page.", aliases: ["ls"])

    @Option(help: "Only instances of this provider.")
    var provider: String?

    @Option(help: "Only instances in this region.")
    var region: String?

    @Option(help: "Only instances of this pool.")
    var pool: String?

    @Option(
        help:
            "Only instances in this state: provisioning, pending-registration, running, terminating, terminated or failed."
    )
    var state: String?

    @OptionGroup var page: PageOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        var request = Navarch_V1_ListInstancesRequest()
        request.provider = provider ?? ""
        request.region = region ?? ""
        request.poolName = pool ?? ""
        request.state = try EnumOption.value(state, "state")
        try await settings.withClient { client in
            var answer = Navarch_V1_ListInstancesResponse()
            answer.nextPageToken = try await page.read(allByDefault: true) { token, size in
                request.pageToken = token
                request.pageSize = size
                do throws(RPCError) {
                    let page = try await client.listInstances(request)
                    answer.instances += page.instances
                    return page.nextPageToken
                } catch {
                    throw Failure(error, action: "list instances")
                }
            }
            let instances = answer.instances
            try Printer(format: settings.output, terminal: shell.terminal).list(
                answer, member: "instances", nothing: "No instances found", names: instances.map(\.instanceID)
            ) { FleetText.table(instances, now: shell.now()) }
            PageOptions.tellOfMore(answer.nextPageToken, shell.terminal)
        }
    }
}

/// `navarch instances get`.
struct InstancesGet: Leaf {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one cloud instance in full.")

    @Argument(help: "The instance's id.")
    var instance: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        try await settings.withClient { client in
            let found: Navarch_V1_InstanceInfo
            do throws(RPCError) {
                found = try await client.instance(instance)
            } catch {
                throw Failure(error, action: "get instance")
            }
            try Printer(format: settings.output, terminal: shell.terminal).object(found, name: found.instanceID) {
                FleetText.lines(found, now: shell.now())
            }
        }
    }
}
