"""Azure Resource Manager: what stands at the firewall, and the IP Groups that blocks go into."""
