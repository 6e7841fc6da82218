// SPDX-License-Identifier: MIT

import ArgumentParser
import Connect
import NavarchClient
import NavarchWire

/// `navarch nodes list`.
struct NodesList: Leaf {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List nodes, in order of their ids.",
        discussion: "All of them, unless --page-size or --page-token asks for one page.", aliases: ["ls"])

    @OptionGroup var filter: NodeFilterOptions
    @OptionGroup var page: PageOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        var request = Navarch_V1_ListNodesRequest()
        request.provider = filter.provider ?? ""
        request.region = filter.region ?? ""
        request.zone = filter.zone ?? ""
        request.status = try filter.nodeStatus()
        request.labelSelector = filter.selector ?? ""
        try await settings.withClient { client in
            var nodes: [Navarch_V1_NodeInfo] = []
            let next = try await page.read(allByDefault: true) { token, size in
                request.pageToken = token
                request.pageSize = size
                do throws(RPCError) {
                    let answer = try await client.listNodes(request)
                    nodes += answer.nodes
                    return answer.nextPageToken
                } catch {
                    throw Failure(error, action: "list nodes")
                }
            }
            let printer = Printer(format: settings.output, terminal: shell.terminal)
            try Self.show(nodes, nextToken: next, printer, shell)
        }
    }

    /// All nodes that `selector` matches.
    static func all(matching selector: String, _ client: OperatorClient) async throws -> [Navarch_V1_NodeInfo] {
        var request = Navarch_V1_ListNodesRequest()
        request.labelSelector = selector
        request.pageSize = 1_000
        var nodes: [Navarch_V1_NodeInfo] = []
        repeat {
            let answer = try await client.listNodes(request)
            nodes += answer.nodes
            request.pageToken = answer.nextPageToken
        } while !request.pageToken.isEmpty
        return nodes
    }

    /// Prints a list.
    static func show(_ nodes: [Navarch_V1_NodeInfo], nextToken: String, _ printer: Printer, _ shell: Shell) throws {
        var answer = Navarch_V1_ListNodesResponse()
        answer.nodes = nodes
        answer.nextPageToken = nextToken
        try printer.list(answer, member: "nodes", nothing: "No nodes found", names: nodes.map(\.nodeID)) {
            NodeTable.table(nodes, now: shell.now())
        }
        PageOptions.tellOfMore(nextToken, shell.terminal)
    }
}

/// `navarch nodes get`.
struct NodesGet: Leaf {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one node in full.")

    @Argument(help: "The node's id.")
    var node: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run(in shell: Shell) async throws {
        let settings = try Settings(connection, output, in: shell)
        try await settings.withClient { client in
            let info: Navarch_V1_NodeInfo
            do throws(RPCError) {
                info = try await client.node(node)
            } catch {
                throw Failure(error, action: "get node")
            }
            try Printer(format: settings.output, terminal: shell.terminal).object(info, name: info.nodeID) {
                NodeDetails.lines(info, now: shell.now())
            }
        }
    }
}
