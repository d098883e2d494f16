"""`scripts/cluster-test`: proves the system on the cluster that kubectl points to."""
