"""One file a kind; importing it registers the kind."""

from compute.kinds import conjugate_update as conjugate_update
from compute.kinds import diagnostic_test as diagnostic_test
from compute.kinds import multi_head_attention as multi_head_attention
from compute.kinds import sample_size as sample_size
from compute.kinds import scaled_dot_product_attention as scaled_dot_product_attention
