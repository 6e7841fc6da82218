// SPDX-License-Identifier: MIT
/// The wire: messages generated from Protos, the methods that carry them, and their conversion to and from the model's values.
///
/// This module never does I/O, never decides and never validates; it says the same thing in another type.
import Connect

/// What agents call.
public enum AgentMethods {
    /// The full name of the service.
    public static let service = "navarch.v1.AgentService"
    /// Makes the node known, or known again.
    public static let registerNode = RPCMethod<Navarch_V1_RegisterNodeRequest, Navarch_V1_RegisterNodeResponse>(
        service: service, name: "RegisterNode", idempotency: .idempotent)
    /// Proof of life, with the latest sample of metrics.
    public static let sendHeartbeat = RPCMethod<Navarch_V1_HeartbeatRequest, Navarch_V1_HeartbeatResponse>(
        service: service, name: "SendHeartbeat", idempotency: .idempotent)
    /// The outcome of health checks, and what happened to GPUs.
    public static let reportHealth = RPCMethod<Navarch_V1_ReportHealthRequest, Navarch_V1_ReportHealthResponse>(
        service: service, name: "ReportHealth")
    /// Leases the node's next batch, waiting a while for one.
    public static let leaseCommands = RPCMethod<Navarch_V1_LeaseCommandsRequest, Navarch_V1_LeaseCommandsResponse>(
        service: service, name: "LeaseCommands")
    /// Leases batches as they appear.
    public static let streamCommands = RPCMethod<Navarch_V1_StreamCommandsRequest, Navarch_V1_StreamCommandsResponse>(
        service: service, name: "StreamCommands", kind: .serverStream)
    /// Takes a batch (C12).
    public static let acknowledgeCommands = RPCMethod<
        Navarch_V1_AcknowledgeCommandsRequest, Navarch_V1_AcknowledgeCommandsResponse
    >(
        service: service, name: "AcknowledgeCommands", idempotency: .idempotent)
    /// Keeps running commands in contact.
    public static let renewCommands = RPCMethod<Navarch_V1_RenewCommandsRequest, Navarch_V1_RenewCommandsResponse>(
        service: service, name: "RenewCommands", idempotency: .idempotent)
    /// Says how far a running command is.
    public static let reportProgress = RPCMethod<Navarch_V1_ReportProgressRequest, Navarch_V1_ReportProgressResponse>(
        service: service, name: "ReportProgress", idempotency: .idempotent)
    /// Ends a running command with its result.
    public static let completeCommand = RPCMethod<
        Navarch_V1_CompleteCommandRequest, Navarch_V1_CompleteCommandResponse
    >(
        service: service, name: "CompleteCommand", idempotency: .idempotent)
}

/// Nodes, for operators, schedulers and scripts.
public enum NodeMethods {
    /// The full name of the service.
    public static let service = "navarch.v1.NodeService"
    /// Nodes in order of id.
    public static let listNodes = RPCMethod<Navarch_V1_ListNodesRequest, Navarch_V1_ListNodesResponse>(
        service: service, name: "ListNodes", idempotency: .noSideEffects)
    /// One node with its particulars.
    public static let getNode = RPCMethod<Navarch_V1_GetNodeRequest, Navarch_V1_GetNodeResponse>(
        service: service, name: "GetNode", idempotency: .noSideEffects)
    /// Every change of the nodes, once and in order.
    public static let watchNodes = RPCMethod<Navarch_V1_WatchNodesRequest, Navarch_V1_WatchNodesResponse>(
        service: service, name: "WatchNodes", kind: .serverStream)
}

/// Commands, for operators, schedulers and scripts.
public enum CommandMethods {
    /// The full name of the service.
    public static let service = "navarch.v1.CommandService"
    /// Issues one command.
    public static let issueCommand = RPCMethod<Navarch_V1_IssueCommandRequest, Navarch_V1_IssueCommandResponse>(
        service: service, name: "IssueCommand")
    /// Issues the same command for many nodes.
    public static let issueCommands = RPCMethod<Navarch_V1_IssueCommandsRequest, Navarch_V1_IssueCommandsResponse>(
        service: service, name: "IssueCommands")
    /// Commands, newest first.
    public static let listCommands = RPCMethod<Navarch_V1_ListCommandsRequest, Navarch_V1_ListCommandsResponse>(
        service: service, name: "ListCommands", idempotency: .noSideEffects)
    /// One command.
    public static let getCommand = RPCMethod<Navarch_V1_GetCommandRequest, Navarch_V1_GetCommandResponse>(
        service: service, name: "GetCommand", idempotency: .noSideEffects)
    /// A command as it is, then after every change.
    public static let watchCommand = RPCMethod<Navarch_V1_WatchCommandRequest, Navarch_V1_WatchCommandResponse>(
        service: service, name: "WatchCommand", kind: .serverStream)
    /// Cancels a command, or asks for it.
    public static let cancelCommand = RPCMethod<Navarch_V1_CancelCommandRequest, Navarch_V1_CancelCommandResponse>(
        service: service, name: "CancelCommand", idempotency: .idempotent)
}

/// Cloud instances, for operators.
public enum InstanceMethods {
    /// The full name of the service.
    public static let service = "navarch.v1.InstanceService"
    /// Cloud instances in order of id.
    public static let listInstances = RPCMethod<Navarch_V1_ListInstancesRequest, Navarch_V1_ListInstancesResponse>(
        service: service, name: "ListInstances", idempotency: .noSideEffects)
    /// One cloud instance.
    public static let getInstance = RPCMethod<Navarch_V1_GetInstanceRequest, Navarch_V1_GetInstanceResponse>(
        service: service, name: "GetInstance", idempotency: .noSideEffects)
}

/// The control plane's own replicas, for operators.
public enum ReplicaMethods {
    /// The full name of the service.
    public static let service = "navarch.v1.ReplicaService"
    /// All replicas that are not long gone.
    public static let listReplicas = RPCMethod<Navarch_V1_ListReplicasRequest, Navarch_V1_ListReplicasResponse>(
        service: service, name: "ListReplicas", idempotency: .noSideEffects)
}

/// The original's unversioned service, for its agents and CLI.
public enum OriginalMethods {
    /// The full name of the service.
    public static let service = "navarch.ControlPlaneService"
    /// Makes the node known, or known again.
    public static let registerNode = RPCMethod<Navarch_RegisterNodeRequest, Navarch_RegisterNodeResponse>(
        service: service, name: "RegisterNode")
    /// Proof of life, with the latest sample of metrics.
    public static let sendHeartbeat = RPCMethod<Navarch_HeartbeatRequest, Navarch_HeartbeatResponse>(
        service: service, name: "SendHeartbeat")
    /// The outcome of health checks, and what happened to GPUs.
    public static let reportHealth = RPCMethod<Navarch_ReportHealthRequest, Navarch_ReportHealthResponse>(
        service: service, name: "ReportHealth")
    /// Hands out the node's commands, once.
    public static let getNodeCommands = RPCMethod<Navarch_GetNodeCommandsRequest, Navarch_GetNodeCommandsResponse>(
        service: service, name: "GetNodeCommands")
    /// Nodes in order of id.
    public static let listNodes = RPCMethod<Navarch_ListNodesRequest, Navarch_ListNodesResponse>(
        service: service, name: "ListNodes")
    /// One node with its particulars.
    public static let getNode = RPCMethod<Navarch_GetNodeRequest, Navarch_GetNodeResponse>(
        service: service, name: "GetNode")
    /// Issues one command.
    public static let issueCommand = RPCMethod<Navarch_IssueCommandRequest, Navarch_IssueCommandResponse>(
        service: service, name: "IssueCommand")
    /// Cloud instances in order of id.
    public static let listInstances = RPCMethod<Navarch_ListInstancesRequest, Navarch_ListInstancesResponse>(
        service: service, name: "ListInstances")
    /// One cloud instance.
    public static let getInstance = RPCMethod<Navarch_GetInstanceRequest, Navarch_GetInstanceResponse>(
        service: service, name: "GetInstance")
}
