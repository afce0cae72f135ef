"""What the policies of a cluster leave out: pods that nothing closes, policies that do nothing, and who may edit them."""
